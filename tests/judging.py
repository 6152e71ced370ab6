"""Estates by hand with the rules applied to them: what was merged, what they found, and as whom it is read."""

from dataclasses import replace

from console.services.findings.judge import judge
from console.services.findings.rows import rows_of
from console.settings import TenantSettings, load, scope_of
from store.database import Store
from store.findings import Wanted
from store.harvest import AccountFacts, Harvest
from store.merge import merge
from store.records import Slice
from tests.estates import CENTRAL, NOW, OTHER, REGION, TENANT, bucket, cmk, volume

A, B = "Agentschap A", "Bureau B"
SUPPLIER = "121212121212"
TENANTS = (TenantSettings(A, (TENANT,)), TenantSettings(B, (OTHER,)))
CMKS = Slice(CENTRAL, REGION, "cmk")
COMPLETE = frozenset({CMKS, *(Slice(n, REGION, k) for n in (TENANT, OTHER) for k in ("ebs", "s3"))})


def harvest(cmks=(), data_keys=(), gaps=(), **more):
    """Everything of both tenants, read whole."""
    accounts = (AccountFacts(CENTRAL, "centraal"), AccountFacts(TENANT, A, A), AccountFacts(OTHER, "b", B))
    more.setdefault("complete", COMPLETE - {gap.part for gap in gaps})
    return Harvest(accounts=accounts, cmks=tuple(cmks), data_keys=tuple(data_keys), gaps=tuple(gaps), **more)


def healthy():
    """Two tenants without a fault: each environment has its CMK, with its own data under it."""
    prod, ti, loket = cmk(1, A, "X", "Productie"), cmk(2, A, "X", "T&I"), cmk(3, B, "Loket", "Productie")
    loket = replace(loket, policy=loket.policy.replace(TENANT, OTHER))
    keys = [
        volume(1, prod, A, "X", "Productie"),
        volume(2, prod, A, "X", "Productie"),
        bucket("x-prod", prod, A, "X", "Productie"),
        volume(3, ti, A, "X", "T&I"),
        volume(4, loket, B, "Loket", "Productie", account=OTHER),
    ]
    return [prod, ti, loket], keys


class Room:
    """A store that holds what was merged, judged as a sync does."""

    def __init__(self, path, **terms):
        self.settings = replace(load({"store": str(path)}, {}), **terms)
        self.settings = replace(self.settings, tenants=TENANTS)
        self.store = Store.open(path, write=True)
        self.runs = 0

    def merge(self, cmks=(), data_keys=(), gaps=(), now=NOW, **more):
        """One sync; how many findings came, changed or went."""
        self.runs += 1
        merge(self.store, harvest(cmks, data_keys, gaps, **more), now)
        return self.judge(now)

    def judge(self, now=NOW):
        return judge(self.store, self.settings, now)

    def found(self, scope="", **wanted):
        """The findings as somebody with this scope sees them."""
        seen = replace(self.settings, scope=scope_of(scope) if scope else None)
        return list(rows_of(self.store, seen, Wanted(**wanted), None).all())

    def rules(self, scope=""):
        return [each.rule for each in self.found(scope)]

    def rows(self):
        """What stands in the table of findings, without ids and the time of the first look."""
        reader = self.store.reader()
        columns = [c[1] for c in reader.execute("PRAGMA table_info(finding)")]
        kept = [c for c in columns if c not in {"id", "first_seen", "ack_id", "ack_until"}]
        return sorted(map(repr, reader.execute(f"SELECT {', '.join(kept)} FROM finding")))
