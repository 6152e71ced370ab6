"""Lays a harvest out in temporary tables, so that the merge itself is a few statements over whole sets."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import TYPE_CHECKING

from store.words import clean, data_key_sort, sort_key

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from store.harvest import CmkFacts, DataKeyFacts, Harvest, Placement

PLACE = ("place_id", "tenant_id", "application_id", "place_source", "place_reason")
METADATA = (
    "state", "description", "created_at", "deletion_at", "key_spec", "key_usage", "origin", "manager",
    "multi_region", "current_material",
)  # fmt: skip
ROTATION = ("rotation_enabled", "rotation_period", "rotation_next", "rotation_started")
DATA_KEY = (
    "granularity", "cmk_id", "place_id", "tenant_id", "application_id", "place_source", "place_reason", "name",
    "arn", "key_ref", "status", "data_key_id", "created_at", "source", "detail",
)  # fmt: skip
"""Columns of a data key that a harvest can change."""

_TABLES = """
CREATE TEMP TABLE new_place (
    nr INTEGER PRIMARY KEY, tenant TEXT, application TEXT, environment TEXT, source TEXT, declared INTEGER,
    place_id INTEGER, tenant_id INTEGER, application_id INTEGER);
CREATE TEMP TABLE new_cmk (
    nr INTEGER PRIMARY KEY, arn TEXT UNIQUE, key_id TEXT, account_id TEXT, region TEXT, placing INTEGER,
    place_source TEXT, place_reason TEXT, state TEXT, description TEXT, created_at INTEGER, deletion_at INTEGER,
    key_spec TEXT, key_usage TEXT, origin TEXT, manager TEXT, multi_region TEXT, current_material TEXT,
    rotation_enabled INTEGER, rotation_period INTEGER, rotation_next INTEGER, rotation_started INTEGER,
    policy TEXT, metadata_at INTEGER, rotation_at INTEGER, materials_at INTEGER, policy_at INTEGER,
    keep_place INTEGER, has_material INTEGER, has_alias INTEGER, has_tag INTEGER,
    cmk_id INTEGER, place_id INTEGER, tenant_id INTEGER, application_id INTEGER, stale INTEGER DEFAULT 0);
CREATE TEMP TABLE new_material (
    nr INTEGER, material_id TEXT, date INTEGER, rotation_type TEXT, state TEXT,
    PRIMARY KEY (nr, material_id)) WITHOUT ROWID;
CREATE TEMP TABLE new_alias (
    nr INTEGER, name TEXT, arn TEXT, created_at INTEGER, updated_at INTEGER, PRIMARY KEY (nr, name)) WITHOUT ROWID;
CREATE TEMP TABLE new_tag (nr INTEGER, key TEXT, value TEXT, PRIMARY KEY (nr, key)) WITHOUT ROWID;
CREATE TEMP TABLE new_ref (
    nr INTEGER PRIMARY KEY, key_ref TEXT, account_id TEXT, region TEXT, cmk_id INTEGER DEFAULT 0,
    cmk_place INTEGER DEFAULT 0);
CREATE TEMP TABLE new_data_key (
    resource_id TEXT, account_id TEXT, region TEXT, kind TEXT, granularity TEXT, placing INTEGER, ref INTEGER,
    place_source TEXT, place_reason TEXT, name TEXT, arn TEXT, key_ref TEXT, status TEXT, data_key_id TEXT,
    created_at INTEGER, source TEXT, seen_at INTEGER, detail TEXT, stale INTEGER,
    PRIMARY KEY (resource_id, account_id, region, kind)) WITHOUT ROWID;
CREATE TEMP TABLE part (
    account_id TEXT, region TEXT, what TEXT, gap INTEGER, PRIMARY KEY (account_id, region, what)) WITHOUT ROWID;
CREATE TEMP TABLE changed (
    nr INTEGER PRIMARY KEY, id INTEGER, resource_id TEXT, account_id TEXT, region TEXT, kind TEXT,
    cmk_id INTEGER, place_id INTEGER, tenant_id INTEGER, application_id INTEGER, elsewhere INTEGER);
CREATE TEMP TABLE touched_cmk (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE touched_place (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE counted_cmk (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE tie (id INTEGER PRIMARY KEY, cmk_id INTEGER);
CREATE TEMP TABLE marked (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE sighted (
    resource_id TEXT, account_id TEXT, region TEXT, kind TEXT, granularity TEXT, name TEXT, arn TEXT, key_ref TEXT,
    source TEXT, seen_at INTEGER, place_id INTEGER, tenant_id INTEGER, application_id INTEGER, placing INTEGER,
    ref INTEGER);
CREATE TEMP TABLE rewrapped (id INTEGER PRIMARY KEY)
"""


def clear(connection: sqlite3.Connection) -> None:
    """Drop the temporary tables of an earlier merge."""
    for statement in _TABLES.split(";\n"):
        connection.execute("DROP TABLE IF EXISTS temp." + statement.split("(")[0].split()[-1])


def create(connection: sqlite3.Connection) -> None:
    """Make the temporary tables, empty, and the functions that the merge's SQL calls."""
    connection.create_function("sort_key", 1, sort_key, deterministic=True)
    connection.create_function("data_key_sort", 3, data_key_sort, deterministic=True)
    clear(connection)
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)


def stage(connection: sqlite3.Connection, harvest: Harvest) -> None:
    """Fill the temporary tables; takes no lock on the store, so readers and other writers go on."""
    connection.execute("BEGIN")
    create(connection)
    placings = _Numbers()
    _stage_cmks(connection, harvest.cmks, placings)
    _stage_data_keys(connection, harvest.data_keys, placings)
    _stage_places(connection, harvest, placings)
    _stage_parts(connection, harvest)
    connection.execute("COMMIT")


class _Numbers(dict[tuple[str, ...], int]):
    """A number for each different thing, in order of first sight, from 1."""

    def __missing__(self, thing: tuple[str, ...]) -> int:
        self[thing] = number = len(self) + 1
        return number


def names(placement: Placement) -> tuple[str, str, str]:
    """Tenant, application, environment as far as they are named without a hole; '' from the first hole on."""
    if not placement.tenant:
        return "", "", ""
    if not placement.application:
        return clean(placement.tenant), "", ""
    return clean(placement.tenant), clean(placement.application), clean(placement.environment)


def _stage_places(connection: sqlite3.Connection, harvest: Harvest, placings: _Numbers) -> None:
    declared = {(*names(placement), "declared") for placement in harvest.declared}
    for place in sorted(declared):
        placings[place]
    connection.executemany(
        "INSERT INTO new_place (nr, tenant, application, environment, source, declared) VALUES (?, ?, ?, ?, ?, ?)",
        ((number, *place, place in declared) for place, number in placings.items()),
    )


def _stage_parts(connection: sqlite3.Connection, harvest: Harvest) -> None:
    gaps = {gap.part for gap in harvest.gaps}
    parts = ((s.account_id, s.region, s.what, s in gaps) for s in harvest.complete | gaps)
    connection.executemany("INSERT INTO part VALUES (?, ?, ?, ?)", parts)


def _stage_cmks(connection: sqlite3.Connection, cmks: tuple[CmkFacts, ...], placings: _Numbers) -> None:
    marks = ", ".join("?" * 31)
    connection.executemany(
        f"INSERT OR REPLACE INTO new_cmk SELECT {marks}, NULL, 0, 0, 0, ?",
        (_cmk_row(nr, cmk, placings) for nr, cmk in enumerate(cmks, 1)),
    )
    connection.executemany("INSERT OR REPLACE INTO new_material VALUES (?, ?, ?, ?, ?)", _materials(cmks))
    connection.executemany("INSERT OR REPLACE INTO new_alias VALUES (?, ?, ?, ?, ?)", _aliases(cmks))
    connection.executemany("INSERT OR REPLACE INTO new_tag VALUES (?, ?, ?)", _tags(cmks))


def _cmk_row(nr: int, cmk: CmkFacts, placings: _Numbers) -> tuple[object, ...]:
    place = cmk.placement
    return (
        nr, cmk.arn, cmk.key_id, cmk.account_id, cmk.region, placings[*names(place), place.source],
        place.source, place.reason, cmk.state, clean(cmk.description), cmk.created_at, cmk.deletion_at,
        cmk.key_spec, cmk.key_usage, cmk.origin, cmk.manager, cmk.multi_region, cmk.current_material,
        cmk.rotation_enabled, cmk.rotation_period, cmk.rotation_next, cmk.rotation_started,
        None if cmk.policy is None else clean(cmk.policy),
        cmk.metadata_at, cmk.rotation_at, cmk.materials_at, cmk.policy_at,
        cmk.tags is None and not place.tenant,  # tags unread and nothing else tells: what the store knows stays
        cmk.materials is not None, cmk.aliases is not None, cmk.tags is not None, cmk.stale,
    )  # fmt: skip


def _materials(cmks: tuple[CmkFacts, ...]) -> Iterator[tuple[object, ...]]:
    for nr, cmk in enumerate(cmks, 1):
        for material in cmk.materials or ():
            yield nr, material.material_id, material.date, material.rotation_type, material.state


def _aliases(cmks: tuple[CmkFacts, ...]) -> Iterator[tuple[object, ...]]:
    for nr, cmk in enumerate(cmks, 1):
        for alias in cmk.aliases or ():
            yield nr, clean(alias.name), clean(alias.arn), alias.created_at, alias.updated_at


def _tags(cmks: tuple[CmkFacts, ...]) -> Iterator[tuple[object, ...]]:
    for nr, cmk in enumerate(cmks, 1):
        for key, value in cmk.tags or ():
            yield nr, clean(key), clean(value)


_IN_ORDER = attrgetter("resource_id", "account_id", "region", "kind")


def _stage_data_keys(connection: sqlite3.Connection, data_keys: tuple[DataKeyFacts, ...], placings: _Numbers) -> None:
    refs = _Numbers()
    marks = ", ".join("?" * 19)
    connection.executemany(
        f"INSERT OR REPLACE INTO new_data_key VALUES ({marks})",  # noqa: S608 - only marks
        # In the order of the key: rows are appended instead of sought.
        (_data_key_row(data_key, placings, refs) for data_key in sorted(data_keys, key=_IN_ORDER)),
    )
    connection.executemany(
        "INSERT INTO new_ref (nr, key_ref, account_id, region) VALUES (?, ?, ?, ?)",
        ((number, *ref) for ref, number in refs.items()),
    )


def _data_key_row(key: DataKeyFacts, placings: _Numbers, refs: _Numbers) -> tuple[object, ...]:
    place = key.placement
    # An ARN says all; a bare id or alias means another key in another account or Region.
    ref = (key.key_ref, "", "") if key.key_ref[:4] == "arn:" else (key.key_ref, key.account_id, key.region)
    return (
        clean(key.resource_id), key.account_id, key.region, key.kind, key.granularity,
        placings[*names(place), place.source], refs[ref], place.source, place.reason, clean(key.name),
        clean(key.arn), key.key_ref, key.status, key.data_key_id, key.created_at, key.source, key.seen_at,
        clean(json.dumps(key.detail)) if key.detail else "[]", key.stale,
    )  # fmt: skip
