"""The filter in a view: words, `col:value` and `!not`, turned into one condition per kind of node.

`web prod` wants both words somewhere in a node's name or id. `status:disabled`, `kind:cmk`, `kind:ebs`,
`region:eu-west-1`, `account:1111` and `verdict:proven` narrow; a `!` before any of them turns it round. What a kind of
node does not have (a tenant has no Region) does not match, and so does match when turned round.
"""
# ruff: noqa: S608 - conditions are put together from the constants below; what people type is always a value

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.nodes import LEVEL_KINDS, STATES, place_ref
from store.records import ROOT, Kind, NodeRef, Status

if TYPE_CHECKING:
    import sqlite3

    from store.sight import Sight

COLUMNS = ("status", "kind", "region", "account", "verdict")

_NO = ("0", ())
_YES = ("1", ())
Condition = tuple[str, tuple[object, ...]]

_TEXTS = {
    "place": ("t.name",),
    "cmk": ("t.name", "t.key_id", "t.description"),
    "data_key": ("t.name", "t.resource_id", "t.data_key_id"),
}
_PLACE_STATES = {
    Status.EMPTY: "t.level = 2 AND t.places + t.own_cmks + t.loose = 0",
    Status.NO_CMK: "t.level = 3 AND t.cmks = 0",
    Status.STALE: "t.stale = 1",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a filter: a word (column ''), or a value of a column; `turned` by a '!'."""

    column: str
    value: str
    turned: bool


def terms(text: str) -> tuple[Term, ...]:
    """The parts of a filter. A colon after anything but a known column is part of a word (an ARN has six)."""
    found = []
    for part in text.split():
        turned = part.startswith("!") and len(part) > 1
        plain = part[1:] if turned else part
        column, colon, value = plain.partition(":")
        known = bool(colon) and column.lower() in COLUMNS
        found.append(Term(column.lower(), value, turned) if known else Term("", plain, turned))
    return tuple(term for term in found if term.value)


class Filter:
    """A text as typed after `/`, of all or of one branch; made once, asked as often as needed."""

    def __init__(self, text: str, within: NodeRef | None = None) -> None:
        self.terms = terms(text)
        self._within = within

    def find(self, reader: sqlite3.Connection, sight: Sight, limit: int) -> list[NodeRef]:
        """At most `limit` nodes that match: places, then CMKs, then data keys; [] for an empty filter."""
        found: list[NodeRef] = []
        for table in _TEXTS if self.terms else ():
            if len(found) < limit:
                found += self._search(reader, table, sight, limit - len(found))
        return found

    def _search(self, reader: sqlite3.Connection, table: str, sight: Sight, limit: int) -> list[NodeRef]:
        parts = [
            _in_sight(table, sight),
            _in_branch(table, self._within),
            *(_condition(table, term) for term in self.terms),
        ]
        if _NO in parts:
            return []
        where = " AND ".join(f"({sql})" for sql, _ in parts)
        values = [value for _, values in parts for value in values]
        columns = "t.level, t.id" if table == "place" else "0, t.id"
        rows = reader.execute(f"SELECT {columns} FROM {table} AS t WHERE {where} LIMIT ?", (*values, limit))
        kind = Kind.CMK if table == "cmk" else Kind.DATA_KEY
        return [place_ref(level, id_) if table == "place" else NodeRef(kind, id_) for level, id_ in rows]


def _in_sight(table: str, sight: Sight) -> Condition:
    tenant, application = sight.branch
    if sight.whole:
        return ("t.id > 0", ())
    own = "t.tenant_id = ? AND ? IN (0, t.application_id)"
    if table == "place":
        return (f"{own} OR t.id = ?", (tenant, application, tenant))
    if table == "cmk":
        return (own, (tenant, application))
    below = "t.cmk_id IN (SELECT id FROM cmk AS c WHERE c.tenant_id = ? AND ? IN (0, c.application_id))"
    # What somebody else has under a CMK in sight has no name here that a filter could find.
    return (f"{own} OR t.tenant_id = 0 AND {below}", (tenant, application) * 2)


_COLUMN = {
    Kind.UNASSIGNED: "place_id",
    Kind.TENANT: "tenant_id",
    Kind.APPLICATION: "application_id",
    Kind.ENVIRONMENT: "place_id",
    Kind.CMK: "id",
}


def _in_branch(table: str, within: NodeRef | None) -> Condition:
    """As the tree hangs them: data keys under the branch's CMKs, and those in its places under no CMK of ours."""
    if within is None or within == ROOT:
        return _YES
    column = "id" if table == "place" and within.kind is Kind.ENVIRONMENT else _COLUMN[within.kind]
    if table == "place":
        return _NO if within.kind in (Kind.CMK, Kind.UNASSIGNED) else (f"t.{column} = ?", (within.id,))
    if table == "cmk":
        return f"t.{column} = ?", (within.id,)
    below = f"t.cmk_id IN (SELECT id FROM cmk AS b WHERE b.{column} = ?)"
    if within.kind is Kind.CMK:
        return below, (within.id,)
    return f"{below} OR t.cmk_id = 0 AND t.{column} = ?", (within.id, within.id)


def _condition(table: str, term: Term) -> Condition:
    sql, values = _text(table, term.value) if not term.column else _ASK[term.column](table, term.value.lower())
    if not term.turned:
        return sql, values
    return {"0": _YES, "1": _NO}.get(sql, (f"NOT ({sql})", values))


def _text(table: str, word: str) -> Condition:
    pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    columns = _TEXTS[table]
    return " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns), (pattern,) * len(columns)


def _status(table: str, value: str) -> Condition:
    if table == "data_key":
        return ("t.stale = 1", ()) if value == Status.STALE else ("t.status = ?", (value,))
    if table == "place":
        return (_PLACE_STATES[Status(value)], ()) if value in _PLACE_STATES else _NO
    if value in {Status.STALE, Status.ROTATING}:
        return ("t.stale = 1" if value == Status.STALE else "t.rotation_started IS NOT NULL"), ()
    states = tuple(name for name, status in STATES.items() if status == value)
    return (f"t.state IN ({', '.join('?' * len(states))})", states) if states else _NO


def _kind(table: str, value: str) -> Condition:
    if table == "place":
        levels = {str(kind): level for level, kind in enumerate(LEVEL_KINDS) if level}
        return ("t.level = ?", (levels[value],)) if value in levels else _NO
    if table == "cmk":
        return _YES if value == Kind.CMK else _NO
    return _YES if value == Kind.DATA_KEY else ("? IN (t.kind, t.granularity)", (value,))


def _region(table: str, value: str) -> Condition:
    return _NO if table == "place" else ("t.region LIKE ? || '%'", (value,))


def _account(table: str, value: str) -> Condition:
    return _NO if table == "place" else ("t.account_id LIKE ? || '%'", (value,))


def _verdict(table: str, value: str) -> Condition:
    # The index holds those that have one: few of many.
    return ("t.verdict <> '' AND t.verdict = ?", (value,)) if table == "data_key" else _NO


_ASK = {"status": _status, "kind": _kind, "region": _region, "account": _account, "verdict": _verdict}
