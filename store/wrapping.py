"""Which HBK generation wraps each data key: as an event told it, or as its date lets one infer; and how many each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

# What an event names is exact. Else a data key is as old as its holder says, and was wrapped by the HBK that was
# current then; a snapshot took over its volume's wrap, which may be older; the data keys of a bucket are made as
# objects are written, from its creation to now. A holder older than its CMK came from another: nothing is inferred.
# What was proven later is newer than the holder, and than what events told before.
_TELL = """
UPDATE data_key SET generation = x.first, generation_to = x.last, generation_exact = x.exact
FROM (
    SELECT id, coalesce(told, CASE WHEN born IS NULL OR latest IS NULL THEN 0 WHEN granularity = 'snapshot' THEN 1
            ELSE born END) AS first,
        coalesce(told, CASE WHEN born IS NULL OR latest IS NULL THEN 0 WHEN granularity = 'bucket' THEN latest
            ELSE born END) AS last,
        told IS NOT NULL AS exact
    FROM (
        SELECT d.id, d.granularity,
            CASE WHEN d.granularity <> 'bucket' THEN (
                SELECT m.generation FROM sighting AS s CROSS JOIN material AS m
                    ON m.cmk_id = d.cmk_id AND m.material_id = s.material_id
                WHERE s.resource_id = d.resource_id AND s.kind = d.kind AND s.region = d.region AND s.cmk_arn = c.arn
                    AND s.material_id <> '' AND m.generation > 0 AND ifnull(s.material_at, 0) >= ifnull(d.proven_at, 0)
                ORDER BY s.material_at DESC LIMIT 1) END AS told,
            (SELECT nullif(max(m.generation), 0) FROM material AS m
                WHERE m.cmk_id = d.cmk_id AND m.at <= iif(d.proven_at IS NULL, d.created_at, d.made_at)) AS born,
            (SELECT nullif(max(m.generation), 0) FROM material AS m WHERE m.cmk_id = d.cmk_id) AS latest
        FROM rewrapped AS r CROSS JOIN data_key AS d ON d.id = r.id LEFT JOIN cmk AS c ON c.id = d.cmk_id)
) AS x
WHERE data_key.id = x.id AND (data_key.generation, data_key.generation_to, data_key.generation_exact)
    IS NOT (x.first, x.last, x.exact)
"""

_ASKED = """
INSERT OR IGNORE INTO rewrapped SELECT id FROM data_key WHERE id > ?1;
INSERT OR IGNORE INTO rewrapped SELECT id FROM changed WHERE id IS NOT NULL;
INSERT OR IGNORE INTO rewrapped SELECT id FROM tie;
INSERT OR IGNORE INTO rewrapped SELECT id FROM data_key WHERE cmk_id = 0 AND generation <> 0;
INSERT OR IGNORE INTO rewrapped SELECT d.id FROM touched_cmk AS t CROSS JOIN data_key AS d ON d.cmk_id = t.id;
INSERT OR IGNORE INTO rewrapped SELECT d.id FROM sighting AS s CROSS JOIN data_key AS d
    ON d.resource_id = s.resource_id AND d.kind = s.kind AND d.region = s.region WHERE s.fresh = 1;
INSERT OR IGNORE INTO counted_cmk SELECT d.cmk_id FROM rewrapped AS r CROSS JOIN data_key AS d ON d.id = r.id
    WHERE d.cmk_id <> 0;
UPDATE sighting SET fresh = 0 WHERE fresh = 1
"""

# A snapshot holds a copy of a data key that its volume stands for already.
_COUNT = """
DELETE FROM wrapped WHERE cmk_id IN (SELECT id FROM counted_cmk) OR cmk_id NOT IN (SELECT id FROM cmk);
INSERT INTO wrapped SELECT d.cmk_id, d.generation, d.generation_to, d.generation_exact, count(*)
FROM counted_cmk AS k CROSS JOIN data_key AS d ON d.cmk_id = k.id WHERE d.granularity <> 'snapshot'
GROUP BY d.cmk_id, d.generation, d.generation_to, d.generation_exact
"""


def newest(connection: sqlite3.Connection) -> int:
    """The highest id of a data key: what comes after it is new."""
    return int(connection.execute("SELECT ifnull(max(id), 0) FROM data_key").fetchone()[0])


def tell_generations(connection: sqlite3.Connection, last: int) -> None:
    """Tell the generation of the data keys that this merge changed, brought (above `last`), tied, or heard of, and
    of all under CMKs that it touched; leaves their CMKs in temp.counted_cmk.
    """
    for statement in _ASKED.split(";\n"):
        connection.execute(statement, (last,) if "?1" in statement else ())
    connection.execute(_TELL)


def count_wrapped(connection: sqlite3.Connection) -> None:
    """Count anew how many data keys are wrapped by which generations, for the CMKs in temp.counted_cmk."""
    for statement in _COUNT.split(";\n"):
        connection.execute(statement)


def tell_all(connection: sqlite3.Connection) -> None:
    """All of it, for a store that has known no generations so far."""
    connection.execute("CREATE TEMP TABLE counted_cmk AS SELECT DISTINCT cmk_id AS id FROM data_key WHERE cmk_id <> 0")
    tell(connection, "SELECT id FROM data_key WHERE cmk_id <> 0")
    count_wrapped(connection)
    connection.execute("DROP TABLE temp.counted_cmk")


def tell(connection: sqlite3.Connection, ids: str) -> None:
    """Tell the generation of the data keys whose ids the query `ids` gives, outside of a merge."""
    connection.execute("DROP TABLE IF EXISTS temp.rewrapped")
    connection.execute(f"CREATE TEMP TABLE rewrapped AS {ids}")
    connection.execute(_TELL)
    connection.execute("DROP TABLE temp.rewrapped")
