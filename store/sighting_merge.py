"""Merges what grants and CloudTrail saw: who is known by nothing better becomes a data key of its own.

Believed first is a scan, then a grant, then CloudTrail. A scan takes a row over; one that reads a whole account
without finding the resource ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.sightings import Gathered, write

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from store.traces import GrantsRead

SIGHTED = "source IN ('grant', 'cloudtrail')"
"""Rows of data keys that no scan has found (yet)."""

_SAME = "{a}.resource_id = {b}.resource_id AND {a}.kind = {b}.kind AND {a}.region = {b}.region"

# The owner of a resource is whose scan finds it: events of S3 name the one who read or wrote.
_OWNED = f"""
UPDATE sighting SET account_id = n.account_id FROM new_data_key AS n
WHERE {_SAME.format(a="n", b="sighting")} AND n.account_id <> sighting.account_id;
UPDATE sighting SET account_id = d.account_id FROM data_key AS d
WHERE sighting.fresh = 1 AND {_SAME.format(a="d", b="sighting")} AND d.account_id NOT IN ('', sighting.account_id);
UPDATE data_key SET account_id = n.account_id FROM new_data_key AS n
WHERE data_key.{SIGHTED} AND {_SAME.format(a="n", b="data_key")} AND n.account_id <> data_key.account_id;
UPDATE data_key SET account_id = s.account_id FROM sighting AS s
WHERE data_key.{SIGHTED} AND data_key.account_id = '' AND s.account_id <> '' AND {_SAME.format(a="s", b="data_key")}
"""  # noqa: S608 - constants of this module

# Of several CMKs the one last used counts; the side that a ReEncrypt left counts least. A grant of that CMK is
# believed before an event of it.
_CHOSEN = f"""
INSERT INTO sighted SELECT s.resource_id,
    coalesce((SELECT d.account_id FROM data_key AS d WHERE d.{SIGHTED} AND {_SAME.format(a="d", b="s")}), s.account_id),
    s.region, s.kind, s.granularity, s.name, s.arn, s.cmk_arn,
    CASE WHEN EXISTS (SELECT 1 FROM sighting AS g WHERE {_SAME.format(a="g", b="s")} AND g.cmk_arn = s.cmk_arn
        AND g.source = 'grant') THEN 'grant' ELSE s.source END,
    s.last_at, 0, 0, 0, 0, 0
FROM (SELECT *, max(last_at * 2 - (operation = 'ReEncryptFrom')) FROM sighting GROUP BY resource_id, kind, region) AS s
WHERE EXISTS (SELECT 1 FROM cmk AS c WHERE c.arn = s.cmk_arn)
    AND NOT EXISTS (SELECT 1 FROM new_data_key AS n WHERE {_SAME.format(a="n", b="s")})
    AND NOT EXISTS (SELECT 1 FROM data_key AS d WHERE NOT d.{SIGHTED} AND {_SAME.format(a="d", b="s")})
"""  # noqa: S608 - constants of this module

# A scan that read everything, later than the sighting, would have found it; and one that failed since says nothing.
_REFUTED = """
DELETE FROM sighted WHERE EXISTS (SELECT 1 FROM part AS p WHERE NOT p.gap AND p.account_id = sighted.account_id
        AND p.region IN ('', sighted.region) AND p.what IN ('', sighted.kind)
        AND NOT EXISTS (SELECT 1 FROM part AS g WHERE g.gap AND g.account_id = sighted.account_id
            AND g.region IN ('', sighted.region) AND g.what IN ('', sighted.kind)))
    OR EXISTS (SELECT 1 FROM slice AS l WHERE l.account_id = sighted.account_id AND l.read_at >= sighted.seen_at
        AND l.region IN ('', sighted.region) AND l.what IN ('', sighted.kind))
"""

# Tags are unknown. In an account of the CMK's own tenant it belongs where the CMK does; elsewhere to whose the
# account is, and of an account that nobody knows nothing is said.
_PLACED = """
UPDATE sighted SET (place_id, tenant_id, application_id) = (
    SELECT CASE WHEN t.id = c.tenant_id THEN c.place_id ELSE t.id END, t.id,
        CASE WHEN t.id = c.tenant_id THEN c.application_id ELSE 0 END
    FROM account AS a JOIN place AS t ON t.parent_id = 0 AND t.name = a.tenant CROSS JOIN cmk AS c
    WHERE a.account_id = sighted.account_id AND c.arn = sighted.key_ref)
WHERE EXISTS (SELECT 1 FROM account AS a JOIN place AS t ON t.parent_id = 0 AND t.name = a.tenant
    WHERE a.account_id = sighted.account_id);
UPDATE sighted SET
    placing = (SELECT ifnull(max(nr), 0) FROM new_place) + x.placing,
    ref = (SELECT ifnull(max(nr), 0) FROM new_ref) + x.ref
FROM (SELECT rowid AS row, dense_rank() OVER (ORDER BY place_id, tenant_id, application_id) AS placing,
    dense_rank() OVER (ORDER BY key_ref) AS ref FROM sighted) AS x WHERE sighted.rowid = x.row;
INSERT INTO new_place (nr, source, declared, place_id, tenant_id, application_id)
    SELECT DISTINCT placing, 'inferred', 0, place_id, tenant_id, application_id FROM sighted;
INSERT INTO new_ref (nr, key_ref, account_id, region) SELECT DISTINCT ref, key_ref, '', '' FROM sighted;
INSERT OR IGNORE INTO new_data_key SELECT resource_id, account_id, region, kind, granularity, placing, ref, 'inferred',
    CASE WHEN place_id = 0 THEN 'place.unknown_account' ELSE '' END, name, arn, key_ref, 'encrypted', '', NULL,
    source, seen_at, '[]', 0 FROM sighted
"""


def merge_sightings(connection: sqlite3.Connection, grants: Sequence[GrantsRead] = ()) -> None:
    """Write what these grants tell, and stage as data keys the resources of which nothing better tells. Comes after
    the CMKs and before the data keys, among which the rows that this changes are counted.
    """
    write(connection, Gathered(sighting for read in grants for sighting in read.sightings))
    dates = ((read.cmk_arn, read.at) for read in grants)
    connection.executemany("INSERT OR REPLACE INTO grants_read VALUES (?, ?)", dates)
    connection.execute("DELETE FROM grants_read WHERE NOT EXISTS (SELECT 1 FROM cmk WHERE cmk.arn = cmk_arn)")
    for statement in _OWNED.split(";\n"):
        connection.execute(statement)
    connection.execute(_CHOSEN)
    connection.execute(_REFUTED)
    for statement in _PLACED.split(";\n"):
        connection.execute(statement)
