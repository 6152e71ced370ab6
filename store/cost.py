"""Counts what is billed below a node, set-based: keys that cost, and the rotations that each of them is billed for."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

from typing import TYPE_CHECKING

from store.bills import HORIZONS, Bill, BillLine
from store.records import ROOT, UNASSIGNED, Kind, NodeRef
from store.sight import Sight
from store.within import condition

if TYPE_CHECKING:
    from store.database import Store
    from store.nodes import Row
    from store.records import Scope

DAY = 86_400
MONTH = 365 * DAY // 12
YEARLY = 365
"""AWS's period where a rotation status has none."""

# Not billed while waiting for deletion, nor when AWS manages it (domain: cost). A replica is a key of its own.
_FREE = "(c.state IN ('PendingDeletion', 'PendingReplicaDeletion') OR c.manager = 'AWS')"
_DONE = "(SELECT count(*) FROM material AS m WHERE m.cmk_id = c.id AND m.at <= :now AND m.rotation_type <> '')"
# A disabled CMK costs and does not rotate; on again, an overdue one rotates at once: hence max.
_ROTATES = "(c.rotation_enabled = 1 AND c.state <> 'Disabled')"
# Of these alone KMS keeps a list of HBKs, and of those without an importer a date (domain: rotation rules).
_ROTATING = "c.key_spec IN ('', 'SYMMETRIC_DEFAULT') AND c.origin IN ('', 'AWS_KMS', 'EXTERNAL')"
_SCHEDULED = "c.key_spec IN ('', 'SYMMETRIC_DEFAULT') AND c.origin IN ('', 'AWS_KMS')"
_AHEAD = f"""iif({_ROTATES} AND c.rotation_next <= :until_{{months}},
    1 + (:until_{{months}} - max(c.rotation_next, :now)) / (ifnull(c.rotation_period, {YEARLY}) * {DAY}), 0)"""
_PER_CMK = f"""
SELECT {{home}} AS home, {_FREE} AS free, {_DONE} AS done,
    {", ".join(f"{_AHEAD.format(months=months)} AS in_{months}" for months in HORIZONS)},
    {_ROTATING} AND c.materials_at = 0 AS unread,
    {_SCHEDULED} AND (c.rotation_enabled IS NULL OR ({_ROTATES} AND c.rotation_next IS NULL)) AS undated
FROM cmk AS c WHERE {{where}}
"""
_BILLS = f"""
SELECT home, sum(NOT free), sum(free), sum(iif(free, 0, min(done, :cap))),
    {", ".join(f"sum(iif(free, 0, min(done + in_{months}, :cap)))" for months in HORIZONS)},
    sum(NOT free AND unread), sum(NOT free AND undated)
FROM ({_PER_CMK}) GROUP BY 1
"""
_HOMES = {
    Kind.TENANT: ("c.application_id", Kind.APPLICATION),
    Kind.APPLICATION: ("c.place_id", Kind.ENVIRONMENT),
}
"""By what the CMKs of a node are grouped, and what those groups are; else each stands alone."""


class Costs:
    """Reads bills within a node (None or ROOT: everything in sight). Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)

    def lines(self, within: NodeRef | None, now: int, billed: int) -> list[BillLine]:
        """A line for each node right below that has CMKs, by name; `billed` rotations of a CMK cost, no more.

        A CMK has one line, its own; what lies in a tenant or application itself has the line of that place.
        """
        top = ROOT if within is None else within
        home, kind = ("c.tenant_id", Kind.TENANT) if top == ROOT else _HOMES.get(top.kind, ("c.id", Kind.CMK))
        with self._store.snapshot() as reader:
            where, values = condition(self._sight, top)
            moments = {f"until_{months}": now + months * MONTH for months in HORIZONS}
            rows = reader.execute(
                _BILLS.format(home=home, where=where), values | moments | {"now": now, "cap": billed}
            ).fetchall()
            table = "cmk" if kind is Kind.CMK else "place"
            label = "key_id" if kind is Kind.CMK else "''"
            find = f"SELECT name, {label} FROM {table} WHERE id = ?"
            found = [(reader.execute(find, (row[0] or max(top.id, 0),)).fetchone() or ("", ""), row) for row in rows]
        lines = [BillLine(_ref(kind, row[0], top), name, label, _bill(row)) for (name, label), row in found]
        return sorted(lines, key=lambda line: (line.ref == UNASSIGNED, line.name.casefold(), line.ref))


def _ref(kind: Kind, home: int, top: NodeRef) -> NodeRef:
    """The node of that group; the place itself for what lies in no place below it."""
    if kind is Kind.CMK or home not in (0, top.id):
        return NodeRef(kind, home)
    return UNASSIGNED if top == ROOT else top


def _bill(row: Row) -> Bill:
    _, keys, free, rotations, *ahead, unread, undated = row
    return Bill(keys, free, rotations, tuple(ahead), unread, undated)
