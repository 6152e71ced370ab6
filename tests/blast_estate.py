"""An estate in which everything fails at a moment of its own."""

from dataclasses import replace

from store.harvest import Harvest
from store.records import Granularity, Slice
from tests.estates import CENTRAL, DAY, NOW, OTHER, REGION, TENANT, bucket, cmk, volume

A, B = "Agentschap A", "Bureau B"
PROD = (A, "X", "Productie")
ATTACHED = (("state", "in-use"), ("instance", "i-0a1b2c3d4e5f60718"))
LOOSE = (("state", "available"),)


def snapshot(number, key, *names, **changes):
    facts = {"granularity": Granularity.SNAPSHOT, "resource_id": f"snap-{number:017x}", "arn": "", "name": ""}
    return replace(volume(number, key, *names), **facts, **changes)


def estate():
    """One CMK with a bit of everything, one that is off, one that waits for deletion, one with nothing."""
    key = cmk(1, *PROD)
    off = cmk(2, A, "X", "T&I", state="Disabled")
    going = cmk(3, A, "Y", "Productie", state="PendingDeletion", deletion_at=NOW + 12 * DAY)
    keys = (
        volume(1, key, *PROD, detail=ATTACHED),
        volume(2, key, *PROD, detail=ATTACHED),
        volume(3, key, *PROD, detail=LOOSE),
        volume(4, key, A, "X", "T&I", detail=ATTACHED),
        volume(5, key, B, "Loket", "Productie", account=OTHER, name="geheim van B", detail=LOOSE),
        snapshot(6, key, *PROD),
        bucket("x-open", key, *PROD, detail=(("bucket_key", "false"),)),
        bucket("x-cached", key, *PROD, detail=(("bucket_key", "true"),)),
        bucket("x-strange", key, *PROD, kind="tape", granularity=Granularity.FILE, detail=()),
        volume(7, off, A, "X", "T&I", detail=LOOSE),
        volume(8, going, A, "Y", "Productie", detail=LOOSE),
    )
    whole = {Slice(CENTRAL, REGION, "cmk"), *(Slice(n, REGION, k) for n in (TENANT, OTHER) for k in ("ebs", "s3"))}
    return Harvest(cmks=(key, off, going, cmk(4, A, "Z", "Dev")), data_keys=keys, complete=frozenset(whole))
