"""Two tenants who must not know of each other: every name and number of the second holds a mark that nothing else has.

`Agentschap A` has the applications `X` and `Zijbeuk`; `Zwartboek` is the other tenant. With `linked`, the two stand
under each other's CMKs, in each other's policies and in one lineage, as happens.
"""

import json
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

from console.assembly import assemble
from console.commands.findings import AcknowledgeFinding, ListFindings
from console.services.findings.judge import judge
from console.settings import load
from store.database import Store
from store.harvest import AccountFacts, Alias, Harvest, KeyMaterial, Placement
from store.merge import merge
from store.records import Gap, Granularity, Slice, Source
from store.request_records import Act, Move, Request, Wanted
from store.requests import Requests
from store.sightings import Gathered, Sightings
from store.syncs import Syncs
from store.traces import GrantsRead, Resource, Sighting
from store.verdicts import Verdict
from tests.estates import CENTRAL, DAY, NOW, REGION, TENANT, bucket, cmk, policy, volume
from tests.verdicts import keep, verdict_on

A, B = "Agentschap A", "Zwartboek"
MINE, BESIDE, THEIRS = (A, "X", "Productie"), (A, "Zijbeuk", "Zijprod"), (B, "Zwartloket", "Zwartprod")
SPY = "666600006666"
"""The other tenant's account."""

OTHERS = ("zwart", SPY, "0bad0bad", "badbadbad")
SIBLINGS = ("zijbeuk", "zijprod", "zij-", "0side0", "51de51de")
"""Every text of the other tenant, and of the other application, holds one of these."""

MY_KEY = cmk(1, *MINE, years=3)
MY_TEST_KEY = cmk(2, A, "X", "T&I", state="Disabled")


def _named(key, mark, number):
    """The CMK with a key id, ARN, HBKs and alias that hold the mark."""
    key_id = f"{mark}-0000-4000-8000-{number:012d}"
    materials = tuple(
        KeyMaterial(f"{mark}{n:056x}", each.date, each.rotation_type, each.state)
        for n, each in enumerate(key.materials)
    )
    return replace(
        key,
        key_id=key_id,
        arn=f"arn:aws:kms:{REGION}:{CENTRAL}:key/{key_id}",
        materials=materials,
        current_material=materials[-1].material_id,
    )


SIBLING_KEY = _named(cmk(7, *BESIDE, years=1), "51de51de", 7)
THEIR_KEY = _named(cmk(8, *THEIRS, years=4, policy=policy(SPY)), "0bad0bad", 8)
THEIR_OFF_KEY = _named(
    cmk(9, B, "Zwartloket", "Zwartdev", state="PendingDeletion", deletion_at=NOW + 9 * DAY), "0bad0bad", 9
)


def theirs(key, number, **changes):
    return volume(
        number, key, *THEIRS, account=SPY, **{"resource_id": f"vol-badbadbad{number:08x}", "name": f"zwart-{number}"} | changes
    )  # fmt: skip


def mine(*, linked):
    """The own tenant's harvest."""
    keys = [volume(n, MY_KEY, *MINE) for n in range(1, 5)]
    keys += [bucket("x-documenten", MY_KEY, *MINE), volume(6, MY_TEST_KEY, A, "X", "T&I")]
    keys += [replace(volume(7, MY_KEY, *MINE), key_ref="", status="unencrypted")]
    keys += [replace(volume(70, SIBLING_KEY, *BESIDE, name="zij-schijf"), resource_id="vol-0side000000000000")]
    mine = MY_KEY
    if linked:
        keys += [volume(5, THEIR_KEY, *MINE, name="mijn-schijf-bij-een-ander")]
        keys += [volume(8, MY_KEY, *MINE, data_key_id="key-gedeeld")]
        keys += [volume(71, MY_KEY, *BESIDE, name="zij-onder-x", resource_id="vol-0side000000000001")]
        mine = replace(MY_KEY, policy=_letting_in())
    whole = {Slice(CENTRAL, REGION, "cmk"), Slice(TENANT, REGION, "ebs"), Slice(TENANT, REGION, "s3")}
    gap = Gap(Slice(TENANT, REGION, "s3"), A, "AccessDenied", "not for us", NOW)
    return Harvest(
        accounts=(AccountFacts(CENTRAL, "centraal"), AccountFacts(TENANT, A, A)),
        cmks=(mine, MY_TEST_KEY, SIBLING_KEY),
        data_keys=tuple(keys),
        complete=frozenset(whole - {gap.part}),
        gaps=(gap,),
    )


def _letting_in():
    told = json.loads(policy())
    spy = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SPY}:role/zwartrol"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps(told | {"Statement": [*told["Statement"], spy]})


def others(*, linked):
    """The other tenant's, and what belongs to nobody."""
    keys = [theirs(THEIR_KEY, n) for n in range(20, 30)]
    keys += [bucket("zwart-emmer", THEIR_KEY, *THEIRS, account=SPY), theirs(THEIR_OFF_KEY, 30)]
    keys += [replace(theirs(THEIR_KEY, 31), key_ref="", status="unencrypted", name="zwart-open")]
    grants = (GrantsRead(THEIR_KEY.arn, NOW, (_grant(THEIR_KEY.arn, "zwart-tabel"),)),)
    if linked:
        keys += [
            theirs(MY_KEY, 40, detail=(("instance", "i-zwart"),)),
            bucket("zwart-bij-a", MY_KEY, *THEIRS, account=SPY),
        ]
        keys += [theirs(MY_KEY, 41, data_key_id="key-gedeeld"), theirs(MY_KEY, 42, granularity=Granularity.SNAPSHOT)]
        grants += (GrantsRead(MY_KEY.arn, NOW, (_grant(MY_KEY.arn, "zwart-gast"),)),)
    stray = _named(
        cmk(10, years=1, placement=Placement(reason="place.no_tags"), tags=(), description="zwart zwerft"),
        "0bad0bad",
        10,
    )
    whole = {Slice(SPY, REGION, "ebs"), Slice(SPY, REGION, "s3")}
    gap = Gap(Slice(SPY, REGION, "ebs"), B, "AccessDenied", "zwart mag niet", NOW)
    return Harvest(
        accounts=(AccountFacts(SPY, B, B),),
        cmks=(THEIR_KEY, THEIR_OFF_KEY, replace(stray, aliases=(Alias("alias/zwartgang"),))),
        data_keys=tuple(keys),
        complete=frozenset(whole - {gap.part}),
        gaps=(gap,),
        grants=grants,
    )


def _grant(key, table):
    arn = f"arn:aws:dynamodb:{REGION}:{SPY}:table/{table}"
    thing = Resource("dynamodb", Granularity.TABLE, arn, SPY, arn, table)
    return Sighting(key, thing, SPY, REGION, NOW, "GenerateDataKey", Source.GRANT)


@dataclass(frozen=True)
class Estate:
    """A store file and the settings file that goes with it."""

    store: Path
    config: Path

    def settings(self, **flags):
        return load({"store": str(self.store), "config": str(self.config), **flags})


def build(folder, *, neighbours=True, linked=True):
    """A filled, judged store; without `neighbours` as if the other tenant had never been."""
    folder.mkdir(parents=True, exist_ok=True)
    estate = Estate(folder / "estate.db", folder / "config.toml")
    estate.config.write_text(_config(neighbours=neighbours))
    store, settings = Store.open(estate.store, write=True), estate.settings()
    linked = linked and neighbours
    _run(store, 120, "done")
    if linked:  # their CMK first, so that one's own data key can stand under it
        merge(store, others(linked=False), NOW)
    merge(store, mine(linked=linked), NOW)
    keep(store, *_proofs(mine(linked=linked).data_keys, "werk"))
    judge(store, settings, NOW)
    if neighbours:
        merge(store, replace(others(linked=linked), complete=frozenset()), NOW)
        Sightings(store).add(Gathered([_event("zwart-spoor")]), ())
        keep(store, *_proofs(others(linked=linked).data_keys, "zwartwerk"))
        judge(store, settings, NOW)
    asked = [_request("mmmmmmmmmm", A, "X", "Opleiding"), _request("zijzijzijj", A, "Zijbeuk", "Zijtest")]
    if neighbours:
        asked += [_request("zwartzwart", B, "Zwartloket", "Zwarttest", SPY)]
    Requests(store).add(asked)
    _run(store, 4711 if neighbours else 12, "failed")
    store.close()
    _let_be(estate, A)
    if neighbours:
        _let_be(estate, B)
    return estate


def _proofs(keys, run_id):
    """A verdict on every holder, each kind in turn; a run of the sibling's bears its mark."""
    for nr, (key, verdict) in enumerate(zip(keys, cycle(Verdict), strict=False)):
        mark = "zij-" if key.placement.application == BESIDE[1] else ""
        yield verdict_on(key, verdict, NOW - nr * DAY, f"{mark}{run_id}-{nr}", reason="verdict.ebs.untold")


def _request(id_, tenant, application, environment, account=TENANT):
    wanted = Wanted(
        tenant, application, environment, (account,), REGION, ("ebs",), contacts=(f"{application}@x",), reason="r"
    )
    return Request(id_, wanted, (Move(Act.SUBMIT, f"{application} beheer", NOW, "", ()),))


def _let_be(estate, tenant):
    """An administrator lets the first finding of a tenant be, so that the audit has a line of it."""
    desk = assemble(estate.settings(role="admin"))
    first = next(each for each in desk.dispatch.run(ListFindings()).all() if each.path[:1] == (tenant,))
    desk.dispatch.run(AcknowledgeFinding(first.id, f"{tenant} weet ervan"))
    desk.close()


def _event(name):
    told = _grant(THEIR_KEY.arn, name)
    return replace(told, source=Source.CLOUDTRAIL, material_id=THEIR_KEY.current_material, wraps=True)


def _run(store, calls, state):
    """A sync that made so many calls, and changed as many rows."""
    runs = Syncs(store)
    run = runs.begin(1, NOW - 100)
    runs.progress(run, "read", calls, calls, calls)
    runs.finish(run, state, calls, calls, "aws.unreachable" if state == "failed" else "", NOW)


def _config(*, neighbours):
    text = f"""
[aws]
central_account = "{CENTRAL}"
regions = ["{REGION}"]
[console]
alias_pattern = "(?P<tenant>[^/]+)/(?P<application>[^/]+)/(?P<environment>[^/]+)"
[age]
default_days = 300
[[tenants]]
name = "{A}"
accounts = ["{TENANT}"]
contact = "a@voorbeeld.be"
"""
    if neighbours:
        text += f"""
[[tenants]]
name = "{B}"
accounts = ["{SPY}"]
contact = "zwart@voorbeeld.be"
[tenants.applications]
Zwartleeg = ["Zwartdev"]
"""
    return text
