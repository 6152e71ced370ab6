"""From a node up to its tenant, and from names down to a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.nodes import UNASSIGNED_NAME, place_ref
from store.records import ROOT, UNASSIGNED, Kind, NodeRef
from store.sight import HIDDEN
from store.words import sort_key

if TYPE_CHECKING:
    import sqlite3

    from store.sight import Sight

_UP = "SELECT parent_id, level, name FROM place WHERE id = ?"


def chain(reader: sqlite3.Connection, place_id: int) -> list[tuple[NodeRef, str]]:
    """The place and those above it, from the tenant down, each with its name; [] for place 0."""
    found: list[tuple[NodeRef, str]] = []
    while place_id > 0 and (row := reader.execute(_UP, (place_id,)).fetchone()):
        found.insert(0, (place_ref(row[1], place_id), row[2]))
        place_id = row[0]
    return found


def names(reader: sqlite3.Connection, place_id: int) -> tuple[str, ...]:
    """Tenant, application, environment as far as the place goes; () for place 0."""
    return tuple(name for _, name in chain(reader, place_id))


def ancestors(reader: sqlite3.Connection, ref: NodeRef, sight: Sight) -> tuple[NodeRef, ...]:
    """The nodes above, from the tenant (or UNASSIGNED) down, as the tree shows them in this sight."""
    if ref.kind is Kind.DATA_KEY:
        return _above_data_key(reader, ref.id, sight)
    if ref.kind is Kind.CMK:
        row = reader.execute("SELECT place_id FROM cmk WHERE id = ?", (ref.id,)).fetchone()
        return _down_to(reader, row[0]) if row else ()
    return _down_to(reader, ref.id)[:-1] if ref.id > 0 else ()


def _down_to(reader: sqlite3.Connection, place_id: int) -> tuple[NodeRef, ...]:
    return tuple(ref for ref, _ in chain(reader, place_id)) or (UNASSIGNED,)


def _above_data_key(reader: sqlite3.Connection, id_: int, sight: Sight) -> tuple[NodeRef, ...]:
    row = reader.execute(
        "SELECT d.place_id, c.id, c.place_id, c.tenant_id, c.application_id"
        " FROM data_key AS d LEFT JOIN cmk AS c ON c.id = d.cmk_id WHERE d.id = ?",
        (id_,),
    ).fetchone()
    if row is None:
        return ()
    place, cmk, cmk_place, tenant, application = row
    if cmk is None or not sight.covers(tenant, application):
        return _down_to(reader, place)
    return (*_down_to(reader, cmk_place), NodeRef(Kind.CMK, cmk))


def resolve(reader: sqlite3.Connection, parent: NodeRef, name: str, sight: Sight) -> NodeRef | None:
    """The child of `parent` that this name or id means, or None when there is none or more than one."""
    if parent.kind is Kind.CMK:
        return _data_key(reader, "d.cmk_id = :group", parent.id, name, sight)
    if parent.kind is Kind.DATA_KEY:
        return None
    place = 0 if parent == ROOT else parent.id
    below = _place(reader, place, name) if parent != UNASSIGNED else None
    if below or parent == ROOT:
        return below or (UNASSIGNED if name == UNASSIGNED_NAME else None)
    return (
        _cmk(reader, place, name)
        or _data_key(reader, "d.cmk_id = 0 AND d.place_id = :group", place, name, sight)
        or _stray(reader, place, name, sight)
    )


def _place(reader: sqlite3.Connection, parent: int, name: str) -> NodeRef | None:
    row = reader.execute("SELECT level, id FROM place WHERE parent_id = ? AND name = ?", (parent, name)).fetchone()
    rows = [row] if row else reader.execute(
        "SELECT level, id FROM place WHERE parent_id = ? AND sort = ? LIMIT 2", (parent, sort_key(name))
    ).fetchall()  # fmt: skip
    return place_ref(*rows[0]) if len(rows) == 1 else None


_CMK_WAYS = (
    "SELECT id FROM cmk WHERE place_id = :place AND name = :name LIMIT 2",
    "SELECT id FROM cmk WHERE place_id = :place AND sort = :sort LIMIT 2",
    "SELECT id FROM cmk WHERE place_id = :place AND key_id = lower(:name) LIMIT 2",
    "SELECT id FROM cmk WHERE place_id = :place AND arn = :name LIMIT 2",
    (
        "SELECT id FROM cmk WHERE place_id = :place AND id IN"
        " (SELECT cmk_id FROM alias WHERE alias.name IN (:name, 'alias/' || :name)) LIMIT 2"
    ),
)


def _cmk(reader: sqlite3.Connection, place: int, name: str) -> NodeRef | None:
    values = {"place": place, "name": name, "sort": sort_key(name)}
    for way in _CMK_WAYS:
        rows = reader.execute(way, values).fetchall()
        if rows:
            return NodeRef(Kind.CMK, rows[0][0]) if len(rows) == 1 else None
    return None


def _data_key(reader: sqlite3.Connection, group: str, id_: int, name: str, sight: Sight) -> NodeRef | None:
    values = sight.values | {"group": id_, "name": name}
    for column in ("resource_id = :name", "name = :name", "name = :name COLLATE NOCASE"):
        # The plus keeps to the index of the group: names have none.
        rows = reader.execute(
            f"SELECT d.id FROM data_key AS d WHERE {group} AND +d.{column} AND NOT {HIDDEN} LIMIT 2",  # noqa: S608
            values,
        ).fetchall()
        if rows:
            return NodeRef(Kind.DATA_KEY, rows[0][0]) if len(rows) == 1 else None
    return None


def _stray(reader: sqlite3.Connection, place: int, name: str, sight: Sight) -> NodeRef | None:
    ids = {stray[0] for stray in sight.strays(place)}
    found = _data_key(reader, "d.elsewhere = 1 AND d.place_id = :group", place, name, sight)
    return found if found and found.id in ids else None
