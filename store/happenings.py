"""Writes down what happened, a row each: dates that AWS tells, and what a merge found to be other than before.

A row stands in the branch that it happened in, also when its subject has moved since; what touches two branches has
a second row (`twin`) for the other one, from the level on where they differ.
"""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from store.past import begin, clear

if TYPE_CHECKING:
    import sqlite3

    from store.past import Stamp

TABLES = """
CREATE TABLE event (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, kind INTEGER NOT NULL,     -- kind: see store.words
    subject_id INTEGER NOT NULL, cmk_id INTEGER NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL,
    detail TEXT NOT NULL,       -- which tag, alias or HBK
    old TEXT NOT NULL, new TEXT NOT NULL, source TEXT NOT NULL,
    place_id INTEGER NOT NULL, tenant_id INTEGER NOT NULL, application_id INTEGER NOT NULL,
    own_tenant_id INTEGER NOT NULL, own_application_id INTEGER NOT NULL,                        -- whose name it is
    old_tenant_id INTEGER NOT NULL DEFAULT 0, old_application_id INTEGER NOT NULL DEFAULT 0,    -- whose `old` names
    new_tenant_id INTEGER NOT NULL DEFAULT 0, new_application_id INTEGER NOT NULL DEFAULT 0,
    -- 0: the event; 1: for another tenant, 2: application, 3: place, 4: CMK, 5: data key (see store.proofs)
    twin INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX event_at ON event (at) WHERE twin = 0;
CREATE INDEX event_tenant ON event (tenant_id, at) WHERE twin <= 1;
CREATE INDEX event_application ON event (application_id, at) WHERE twin <= 2;
CREATE INDEX event_place ON event (place_id, at) WHERE twin <= 3;
CREATE INDEX event_cmk ON event (cmk_id, at) WHERE cmk_id <> 0;
CREATE INDEX event_subject ON event (subject_id, at) WHERE kind = 5
"""

COLUMNS = (
    "at", "what", "kind", "subject_id", "cmk_id", "name", "label", "detail", "old", "new", "source", "place_id",
    "tenant_id", "application_id", "own_tenant_id", "own_application_id", "old_tenant_id", "old_application_id",
    "new_tenant_id", "new_application_id",
)  # fmt: skip

# What a row of an event is about, and where it happened. A data key stands where its CMK does, as in the tree.
_OF_CMK = "4, c.id, c.id, c.name, c.key_id"
_AT_CMK = "c.place_id, c.tenant_id, c.application_id, c.tenant_id, c.application_id"
_OF_KEY = "5, d.id, d.cmk_id, CASE WHEN d.name = '' THEN d.resource_id ELSE d.name END, d.resource_id"
_AT_KEY = (
    "ifnull(k.place_id, d.place_id), ifnull(k.tenant_id, d.tenant_id), ifnull(k.application_id, d.application_id),"
    " d.tenant_id, d.application_id"
)
_NOBODY = "0, 0, 0, 0"

# The CMK for the same use that stood in its environment before a new one came, which then follows it.
_ELDER = """ifnull((SELECT e.name FROM cmk AS e WHERE e.place_id = c.place_id
    AND c.application_id NOT IN (0, c.place_id)
    AND (e.key_spec, e.key_usage, e.origin) = (c.key_spec, c.key_usage, c.origin)
    AND (e.created_at, e.id) < (c.created_at, c.id)
    ORDER BY e.created_at DESC, e.id DESC LIMIT 1), '')"""
_CREATED = f"""
SELECT c.created_at, CASE WHEN elder = '' THEN 'created' ELSE 'followed' END, {_OF_CMK}, '', elder, c.name, 'kms',
    {_AT_CMK}, {_NOBODY}
FROM (SELECT c.*, {_ELDER} AS elder FROM cmk AS c WHERE c.id > :cmk AND c.created_at IS NOT NULL) AS c
"""
_ROTATED = f"""
SELECT m.date, CASE m.rotation_type WHEN 'ON_DEMAND' THEN 'on_demand' ELSE 'automatic' END, {_OF_CMK}, m.material_id,
    m.generation - 1, m.generation, 'kms', {_AT_CMK}, {_NOBODY}
FROM touched_cmk AS t CROSS JOIN cmk AS c ON c.id = t.id CROSS JOIN material AS m ON m.cmk_id = c.id
WHERE m.rotation_type <> '' AND m.date IS NOT NULL AND m.generation > 0 AND NOT EXISTS (SELECT 1 FROM event AS e
    WHERE e.cmk_id <> 0 AND e.cmk_id = c.id AND e.at = m.date AND e.what IN ('on_demand', 'automatic')
        AND e.detail = m.material_id)
"""

# Where a part of the estate is read for the first time, nothing in it is new: only now known.
_KNOWN = """EXISTS (SELECT 1 FROM slice AS s WHERE s.account_id = {row}.account_id AND s.region IN ('', {row}.region)
    AND s.what IN ('', {what}))"""
_SEEN = f"""
SELECT :now, 'found', {_OF_CMK}, '', '', c.name, 'kms', {_AT_CMK}, {_NOBODY} FROM cmk AS c
WHERE c.id > :cmk AND ifnull(c.created_at, 0) NOT BETWEEN :previous AND :now AND {_KNOWN.format(row="c", what="'cmk'")}
"""
_GONE = f"""
SELECT :now, 'gone', {_OF_CMK}, '', c.name, '', 'kms', {_AT_CMK}, {_NOBODY}
FROM was_cmk AS c JOIN ended_cmk USING (id) WHERE NOT EXISTS (SELECT 1 FROM cmk WHERE cmk.id = c.id)
"""


# Whose the former value is, and whose the new one: a CMK that changed hands keeps the former owner's to them.
_SIDES = "w.tenant_id, w.application_id, {new}.tenant_id, {new}.application_id"


def _changed(what: str, old: str, new: str, where: str, source: str = "'kms'") -> str:
    return f"""
    SELECT :now, '{what}', {_OF_CMK}, '', {old}, {new}, {source}, {_AT_CMK}, {_SIDES.format(new="c")}
    FROM ended_cmk AS e CROSS JOIN was_cmk AS w ON w.id = e.id CROSS JOIN cmk AS c ON c.id = e.id WHERE {where}
    """


_FACETS = (
    _changed("state", "w.state", "c.state", "w.state NOT IN ('', c.state)"),
    _changed("deletion", "ifnull(w.deletion_at, '')", "c.deletion_at",
             "c.deletion_at IS NOT NULL AND w.deletion_at IS NOT c.deletion_at"),
    _changed("rotation", "w.rotation_enabled", "c.rotation_enabled",
             "w.rotation_enabled IS NOT NULL AND c.rotation_enabled <> w.rotation_enabled"),
    _changed("period", "w.rotation_period", "c.rotation_period", "w.rotation_period <> c.rotation_period"),
    _changed("description", "w.description", "c.description", "w.state <> '' AND w.description <> c.description"),
    _changed("moved", "w.place_id", "c.place_id", "w.place_id <> c.place_id", "c.place_source"),
    _changed("policy", "''", "policy_change(w.policy, (SELECT p.policy FROM policy AS p WHERE p.cmk_id = c.id))",
             "w.policy IS NOT NULL AND NOT e.same_policy"),
)  # fmt: skip

# Tags and aliases: what each was, beside what it is. An alias that came from another CMK replaces that one.
_TAGGED = f"""
SELECT :now, 'tag', {_OF_CMK}, x.key, ifnull(x.old, ''), ifnull(x.new, ''), 'kms', {_AT_CMK},
    {_SIDES.format(new="c")}
FROM (
    SELECT id, key, max(was) AS old, max(is_) AS new FROM (
        SELECT cmk_id AS id, key, value AS was, NULL AS is_ FROM was_tag
        UNION ALL
        SELECT e.id, t.key, NULL, t.value FROM ended_cmk AS e CROSS JOIN tag AS t ON t.cmk_id = e.id)
    GROUP BY id, key HAVING max(was) IS NOT max(is_)
) AS x CROSS JOIN was_cmk AS w ON w.id = x.id CROSS JOIN cmk AS c ON c.id = x.id
"""
_LISTS = """
CREATE TEMP TABLE was_tag (cmk_id INTEGER, key TEXT, value TEXT);
CREATE TEMP TABLE was_alias (
    cmk_id INTEGER, name TEXT, key_id TEXT, account_id TEXT, region TEXT, place_id INTEGER, tenant_id INTEGER,
    application_id INTEGER);
CREATE INDEX temp.was_alias_name ON was_alias (name)
"""
_HELD = """was_alias AS o ON o.cmk_id <> a.cmk_id AND o.name = a.name AND o.account_id = c.account_id
    AND o.region = c.region AND NOT EXISTS (SELECT 1 FROM alias AS b WHERE b.cmk_id = o.cmk_id AND b.name = a.name)"""
_ALIAS_CAME = f"""
SELECT :now, CASE WHEN o.cmk_id IS NULL THEN 'alias' ELSE 'replaced' END, {_OF_CMK}, a.name,
    CASE WHEN o.cmk_id IS NULL THEN '' ELSE o.key_id END, CASE WHEN o.cmk_id IS NULL THEN a.name ELSE c.key_id END,
    'kms', {_AT_CMK}, ifnull(o.tenant_id, 0), ifnull(o.application_id, 0),
    c.tenant_id, c.application_id
FROM (SELECT id FROM ended_cmk UNION SELECT id FROM cmk WHERE id > :cmk) AS e
    CROSS JOIN alias AS a ON a.cmk_id = e.id CROSS JOIN cmk AS c ON c.id = a.cmk_id LEFT JOIN {_HELD}
WHERE NOT EXISTS (SELECT 1 FROM was_alias AS w WHERE w.cmk_id = a.cmk_id AND w.name = a.name)
    AND (o.cmk_id IS NOT NULL OR a.cmk_id <= :cmk)
"""
_ALIAS_WENT = f"""
SELECT :now, 'alias', {_OF_CMK}, o.name, o.name, '', 'kms', {_AT_CMK}, o.tenant_id, o.application_id,
    c.tenant_id, c.application_id
FROM was_alias AS o CROSS JOIN cmk AS c ON c.id = o.cmk_id
WHERE NOT EXISTS (SELECT 1 FROM alias AS a WHERE a.cmk_id = o.cmk_id AND a.name = o.name)
    AND NOT EXISTS (SELECT 1 FROM alias AS b CROSS JOIN cmk AS n ON n.id = b.cmk_id
        WHERE b.name = o.name AND n.account_id = o.account_id AND n.region = o.region)
"""

_KEY_FOUND = f"""
SELECT :now, 'found', {_OF_KEY}, '', '', ifnull(d.created_at, ''), d.source, {_AT_KEY}, {_NOBODY}
FROM data_key AS d LEFT JOIN cmk AS k ON k.id = d.cmk_id
WHERE d.id > :data_key AND ({_KNOWN.format(row="d", what="d.kind")} OR d.source IN ('grant', 'cloudtrail')
    AND EXISTS (SELECT 1 FROM sighting AS s WHERE s.resource_id = d.resource_id AND s.kind = d.kind
        AND s.region = d.region AND s.first_at > :previous))
"""
_KEY_GONE = f"""
SELECT :now, 'gone', {_OF_KEY}, '', coalesce(k.name, o.name, d.key_ref), '', d.source,
    coalesce(k.place_id, o.place_id, d.place_id), coalesce(k.tenant_id, o.tenant_id, d.tenant_id),
    coalesce(k.application_id, o.application_id, d.application_id), d.tenant_id, d.application_id,
    coalesce(k.tenant_id, o.tenant_id, 0), coalesce(k.application_id, o.application_id, 0), 0, 0
FROM was_data_key AS d JOIN ended_data_key USING (id) LEFT JOIN cmk AS k ON k.id = d.cmk_id
    LEFT JOIN was_cmk AS o ON o.id = d.cmk_id
WHERE NOT EXISTS (SELECT 1 FROM data_key WHERE data_key.id = d.id)
"""


def _key_changed(what: str, old: str, new: str, where: str, sides: str = _NOBODY) -> str:
    return f"""
    SELECT :now, '{what}', {_OF_KEY}, '', {old}, {new}, d.source, {_AT_KEY}, {sides}
    FROM ended_data_key AS e CROSS JOIN was_data_key AS w ON w.id = e.id CROSS JOIN data_key AS d ON d.id = e.id
        LEFT JOIN cmk AS k ON k.id = d.cmk_id LEFT JOIN was_cmk AS o ON o.id = w.cmk_id
        LEFT JOIN cmk AS l ON l.id = w.cmk_id WHERE {where}
    """


_KEY_FACETS = (
    # A CMK that came or went leaves the resource as it is: that is told of the CMK.
    _key_changed("cmk", "coalesce(o.name, l.name, w.key_ref)", "coalesce(k.name, d.key_ref)",
                 "w.key_ref <> d.key_ref OR w.cmk_id <> d.cmk_id AND 0 NOT IN (w.cmk_id, d.cmk_id)",
                 "coalesce(o.tenant_id, l.tenant_id, 0), coalesce(o.application_id, l.application_id, 0),"
                 " ifnull(k.tenant_id, 0), ifnull(k.application_id, 0)"),
    _key_changed("lineage", "w.data_key_id", "d.data_key_id",
                 "'' NOT IN (w.data_key_id, d.data_key_id) AND w.data_key_id <> d.data_key_id"),
    _key_changed("status", "w.status", "d.status", "w.status <> d.status"),
    _key_changed("name", "w.name", "d.name", "w.name <> d.name", _SIDES.format(new="d")),
    _key_changed("moved", "w.place_id", "d.place_id", "w.place_id <> d.place_id", _SIDES.format(new="d")),
)  # fmt: skip

_PLACE = "p.level, p.id, 0, p.name, '', ''"
_PLACE_CAME = f"""
SELECT :now, 'found', {_PLACE}, '', p.name, p.source, p.id, p.tenant_id, p.application_id, p.tenant_id,
    p.application_id, {_NOBODY}
FROM place AS p WHERE p.id > :place
"""
_PLACE_WENT = f"""
SELECT :now, 'gone', {_PLACE}, p.name, '', p.source, p.id, p.tenant_id, p.application_id, p.tenant_id,
    p.application_id, {_NOBODY}
FROM former_place AS p WHERE p.valid_until = :now AND p.valid_from < :now
    AND NOT EXISTS (SELECT 1 FROM place WHERE place.id = p.id)
    AND NOT EXISTS (SELECT 1 FROM event AS e WHERE e.place_id = p.id AND e.twin <= 3 AND e.kind = p.level
        AND e.subject_id = p.id AND e.what = 'gone')
"""
_DATES = (_CREATED, _ROTATED)
_FOUND = (
    _SEEN, _GONE, *_FACETS, _TAGGED, _ALIAS_CAME, _ALIAS_WENT, _KEY_FOUND, _KEY_GONE, *_KEY_FACETS, _PLACE_CAME,
    _PLACE_WENT,
)  # fmt: skip

# The other side of what touches two branches: where a CMK or data key left, or the tenant of a data key that stands
# under somebody else's CMK, or the CMK that lost its alias.
_LEVEL = """CASE WHEN {other}.tenant_id <> e.tenant_id THEN 1 WHEN {other}.application_id <> e.application_id THEN 2
    WHEN {other}.place_id <> e.place_id THEN 3 ELSE 4 END"""
_SIDE = ", ".join(
    f"e.{column}" for column in COLUMNS if column not in ("cmk_id", "place_id", "tenant_id", "application_id")
)


def _twin(other: str, cmk: str, source: str, where: str) -> str:
    columns = ", ".join(c for c in COLUMNS if c not in ("cmk_id", "place_id", "tenant_id", "application_id"))
    return (
        f"INSERT INTO event ({columns}, cmk_id, place_id, tenant_id, application_id, twin) SELECT {_SIDE}, {cmk},"
        f" {other}.place_id, {other}.tenant_id, {other}.application_id, {_LEVEL.format(other=other)}"
        f" FROM event AS e CROSS JOIN {source} WHERE e.id > :last AND e.twin = 0 AND {where}"
    )


_ANOTHER = "(o.tenant_id, o.application_id, o.place_id) <> (e.tenant_id, e.application_id, e.place_id)"
_STRAY = "o.tenant_id <> 0 AND (o.tenant_id, o.application_id) <> (e.tenant_id, e.application_id)"
_TWINS = (
    _twin("o", "0", "was_cmk AS o ON o.id = e.subject_id", f"e.kind = 4 AND e.what = 'moved' AND {_ANOTHER}"),
    _twin("o", "o.cmk_id", "was_alias AS o ON o.name = e.detail AND o.key_id = e.old AND o.cmk_id <> e.cmk_id",
          "e.what = 'replaced'"),
    _twin("o", "o.id", "was_data_key AS w ON w.id = e.subject_id CROSS JOIN cmk AS o ON o.id = w.cmk_id",
          "e.kind = 5 AND e.what = 'cmk' AND o.id <> e.cmk_id"),
    _twin("o", "0", "data_key AS o ON o.id = e.subject_id", f"e.kind = 5 AND {_STRAY}"),
    _twin("o", "0", "was_data_key AS o ON o.id = e.subject_id", f"e.kind = 5 AND e.what = 'gone' AND {_STRAY}"),
)  # fmt: skip


def note(connection: sqlite3.Connection, stamp: Stamp) -> int:
    """Write down the dates of the CMKs in temp.touched_cmk, and (not at the very first merge) what was changed since
    the last one, as `store.past.keep` left it; how many rows.
    """
    connection.create_function("policy_change", 2, policy_change, deterministic=True)
    _lay_out_lists(connection)
    values = stamp._asdict()
    last = int(connection.execute("SELECT ifnull(max(id), 0) FROM event").fetchone()[0])
    for select in _DATES if stamp.first else (*_DATES, *_FOUND):
        connection.execute(
            f"INSERT INTO event ({', '.join(COLUMNS)}) SELECT * FROM ({select}) ORDER BY 1, 4, 8, 5", values
        )
    for statement in () if stamp.first else _TWINS:
        connection.execute(statement, {"last": last})
    for table in ("was_tag", "was_alias"):
        connection.execute(f"DROP TABLE temp.{table}")
    return int(connection.execute("SELECT ifnull(max(id), 0) FROM event").fetchone()[0]) - last


def _lay_out_lists(connection: sqlite3.Connection) -> None:
    """The former tags and aliases as rows. Not by SQLite's own JSON functions, which end a text at a null."""
    for table in ("was_tag", "was_alias"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
    for statement in _LISTS.split(";\n"):
        connection.execute(statement)
    holder = "w.key_id, w.account_id, w.region, w.place_id, w.tenant_id, w.application_id"
    rows = connection.execute(
        f"SELECT id, w.tag, w.alias, {holder} FROM ended_cmk JOIN was_cmk AS w USING (id)"
    ).fetchall()
    connection.executemany(
        "INSERT INTO was_tag VALUES (?, ?, ?)", ((row[0], *tag) for row in rows for tag in json.loads(row[1]))
    )
    connection.executemany(
        "INSERT INTO was_alias VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ((row[0], alias[0], *row[3:]) for row in rows for alias in json.loads(row[2])),
    )


def note_all(connection: sqlite3.Connection) -> None:
    """The dates of all CMKs, for a store that has kept no record so far: it begins when the store was last written."""
    newest = connection.execute("SELECT max(read_at) FROM slice").fetchone()[0]
    if newest is None:
        return
    stamp = begin(connection, newest)._replace(cmk=0)
    connection.execute("CREATE TEMP TABLE touched_cmk AS SELECT id FROM cmk")
    note(connection, stamp)
    connection.execute("DROP TABLE temp.touched_cmk")
    clear(connection)


def policy_change(old: str, new: str | None) -> str:
    """Which statements of a key policy came (+), went (−) or are other than before (~), by their Sid or number."""
    before, after = _statements(old), _statements(new or "")
    if before is None or after is None:
        return ""
    marks = [f"+{sid}" for sid in after if sid not in before]
    marks += [f"−{sid}" for sid in before if sid not in after]
    marks += [f"~{sid}" for sid in after if sid in before and after[sid] != before[sid]]
    return " ".join(marks)[:400]


def _statements(policy: str) -> dict[str, object] | None:
    try:
        found = json.loads(policy)["Statement"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    listed = found if isinstance(found, list) else [found]
    return {
        str(each.get("Sid") or nr) if isinstance(each, dict) else str(nr): each for nr, each in enumerate(listed, 1)
    }


FORGOTTEN = """
DELETE FROM event WHERE id IN (SELECT id FROM event AS e WHERE e.at < :before AND NOT (
    e.what IN ('created', 'followed', 'automatic', 'on_demand') AND EXISTS (SELECT 1 FROM cmk WHERE cmk.id = e.cmk_id))
    ORDER BY at LIMIT :step)
"""


def forget(connection: sqlite3.Connection, before: int, step: int) -> int:
    """Forget what happened before that moment, at most so many rows; dates of CMKs that are still there stay."""
    return connection.execute(FORGOTTEN, {"before": before, "step": step}).rowcount
