"""What somebody sees of a store, to hold two against each other; and an estate of two tenants that cross."""

from dataclasses import replace

import pytest

from console.errors import ConsoleError
from console.services.catalog import Catalog
from console.settings import Settings
from store.database import Store
from store.findings import Findings, Wanted
from store.records import Gap, Scope, Slice
from tests.estates import NOW, OTHER, REGION, TENANT, bucket, example, policy, volume
from tests.exchange.letters import A, B


def rows(store, scope):
    """Everything that the tree tells of every node in sight."""
    told = []
    for row in Catalog(store, Settings(scope=scope)).rows("", 0):
        node = row.node
        told.append((row.depth, row.path, replace(node, ref=replace(node.ref, id=0))))
    return told


def sheets(store, scope):
    """The facts of every CMK and data key in sight."""
    catalog = Catalog(store, Settings(scope=scope), lambda: NOW)
    told = []
    for row in catalog.rows("", 0):
        told += [
            fact for _, facts in catalog.sheet(row.node.ref).sections for fact in facts if "policy" not in fact.label
        ]
    return told


def findings(store, scope):
    return [
        replace(found, id=0, ref=replace(found.ref, id=0))
        for found in Findings(store, scope, lambda: NOW).window(Wanted())
    ]


def crossed():
    """The example with a volume of each tenant under the other's CMK, a hidden bucket, and a stale part."""
    whole = example()
    mine, theirs = whole.cmks[0], whole.cmks[4]
    return replace(
        whole,
        data_keys=(
            *whole.data_keys,
            volume(200, mine, B, "Loket", "Productie", account=OTHER, name="geheim van B"),
            bucket("bureau-b-archief", mine, B, "Loket", "Productie", account=OTHER),
            volume(201, theirs, A, "X", "Productie"),
        ),
        cmks=(replace(mine, policy=policy(OTHER)), *whole.cmks[1:]),
        gaps=(*whole.gaps, Gap(Slice(TENANT, REGION, "rds"), A, "AccessDenied", "role/beheerder may not", NOW)),
    )


def taken(two, tenant=A):
    return Store.open(two.settings(tenant).store)


def refused(two, key, **how):
    before = rows(taken(two), Scope(A)) if two.settings().store.exists() else None
    with pytest.raises(ConsoleError) as caught:
        two.pull(**how)
    assert caught.value.key == key
    if before is not None:
        assert rows(taken(two), Scope(A)) == before
