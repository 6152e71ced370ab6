"""What exactly a pasted text names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from store.hits import Found
from store.paths import resolve as below
from store.records import ROOT, UNASSIGNED, Kind
from store.words import KIND_NUMBERS, first_word

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from store.records import NodeRef
    from store.sight import Sight

    Seen = Callable[[Found], bool]

_EXACT = (
    (4, "SELECT id FROM cmk WHERE arn = :text"),
    (4, "SELECT id FROM cmk WHERE key_id = lower(:text) ORDER BY arn"),
    (4, "SELECT cmk_id FROM alias WHERE name IN (:text, 'alias/' || :text)"),
    (5, "SELECT id FROM data_key WHERE resource_id = :text"),
    (5, "SELECT id FROM data_key WHERE resource_id = lower(:text)"),
    (5, "SELECT id FROM data_key WHERE data_key_id = :text AND data_key_id <> ''"),
)
_MATERIAL = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_ACCOUNT = re.compile(r"[0-9]{12}")
_BY_MATERIAL = ((4, "SELECT cmk_id FROM material WHERE material_id = lower(:text) ORDER BY cmk_id"),)
_TENANT_OF = """
SELECT p.id FROM account AS a JOIN place AS p ON p.parent_id = 0 AND p.name = a.tenant
WHERE a.account_id = :text AND a.tenant <> ''
"""
_BY_ACCOUNT = ((1, _TENANT_OF),)
_ALIAS_IN_REGION = """
SELECT a.cmk_id FROM alias AS a JOIN cmk AS c ON c.id = a.cmk_id
WHERE a.name = :text AND c.region = :region AND c.account_id = :account
"""
_IN_REGION = (
    (4, "SELECT id FROM cmk WHERE key_id = :text AND region = :region AND account_id = :account"),
    (4, _ALIAS_IN_REGION),
)

MOST = 51
"""Things of one name that are told: one more than anybody shows."""

COMMON = 5_000
"""Rows that are compared with a name whose first word so many others have."""

# Without a scope the words are taken as they come: a word that a hundred thousand names hold is no name of one thing.
_NAMED = {
    True: "SELECT o.id FROM (SELECT id FROM word WHERE kind = :kind AND word = :word LIMIT :common) AS w"
    " CROSS JOIN {table} AS o ON o.id = w.id WHERE o.name = :text COLLATE NOCASE LIMIT :most",
    False: "SELECT o.id FROM word AS w CROSS JOIN {table} AS o ON o.id = w.id WHERE w.kind = :kind AND w.word = :word"
    " AND o.tenant_id IN (0, :tenant) AND o.name = :text COLLATE NOCASE",
}
_TABLES = ((4, "cmk"), (5, "data_key"))


def resolve(reader: sqlite3.Connection, text: str, sight: Sight, seen: Seen) -> list[Found]:
    """The rows that this id (also of an HBK or an account), ARN, alias, bucket name, path or, where it is none of
    these, name of a data key or CMK names; [] for none. A name may be that of many: MOST are told.

    What is not `seen` is as if it were not there: it does not stand in the way of what would be tried next.
    """
    plain = text.strip().strip("\"'<>,;").strip()
    if not plain:
        return []
    return (
        _ask(reader, _EXACT, {"text": plain}, seen)
        or (_ask(reader, _BY_MATERIAL, {"text": plain}, seen) if _MATERIAL.fullmatch(plain) else [])
        or (_ask(reader, _BY_ACCOUNT, {"text": plain}, seen) if _ACCOUNT.fullmatch(plain) else [])
        or (_arn(reader, plain, seen) if plain.startswith("arn:") else [])
        or _path(reader, plain, sight)
        or _named(reader, plain, sight, seen)
    )


def _named(reader: sqlite3.Connection, text: str, sight: Sight, seen: Seen) -> list[Found]:
    """CMKs and data keys that are called so, in whatever case: a tenant gives many things one name."""
    found: list[Found] = []
    values = {
        "word": first_word(text), "text": text, "common": COMMON, "most": MOST,
        "tenant": 0 if sight.whole else sight.branch[0],
    }  # fmt: skip
    for kind, table in _TABLES if values["word"] else ():
        for row in reader.execute(_NAMED[sight.whole].format(table=table), values | {"kind": kind}):
            if len(found) < MOST and seen(each := Found(kind, row[0], text)):
                found.append(each)
    return found


def _ask(
    reader: sqlite3.Connection, ways: tuple[tuple[int, str], ...], values: dict[str, str], seen: Seen
) -> list[Found]:
    for kind, sql in ways:
        rows = reader.execute(sql, values).fetchall()
        if found := [each for row in rows if seen(each := Found(kind, row[0], values["text"]))]:
            return found
    return []


def _arn(reader: sqlite3.Connection, arn: str, seen: Seen) -> list[Found]:
    """By the parts of an ARN: exactly in its Region and account, else by its last part alone."""
    _, _, _, region, account, resource = (*arn.split(":", 5), *[""] * 5)[:6]
    last = resource if resource.startswith("alias/") else resource.rpartition("/")[2]
    values = {"text": last, "region": region, "account": account}
    found = _ask(reader, _IN_REGION, values, seen)
    if not found and not (account and last.startswith("alias/")):  # another account's alias of that name is another
        found = _ask(reader, _EXACT, {"text": last}, seen)
    bucket = resource.split("/")[0]
    return found or (_ask(reader, _EXACT[3:5], {"text": bucket}, seen) if not region else [])


def _path(reader: sqlite3.Connection, text: str, sight: Sight) -> list[Found]:
    """By names from the tenant down, parted by '/' (spaces around it do not count; aliases hold slashes too)."""
    found = _descend(reader, ROOT, text.split("/"), sight)
    if found is None or found in {ROOT, UNASSIGNED}:
        return []
    return [Found(KIND_NUMBERS[Kind(found.kind)], found.id, text)]


def _descend(reader: sqlite3.Connection, ref: NodeRef, parts: list[str], sight: Sight) -> NodeRef | None:
    """Names may hold slashes themselves, so every number of parts is tried as the next name."""
    if not parts:
        return ref
    for size in range(1, len(parts) + 1):
        child = below(reader, ref, "/".join(parts[:size]).strip(), sight)
        found = _descend(reader, child, parts[size:], sight) if child else None
        if found:
            return found
    return None
