"""Counts that the tree shows beside a node, kept up to date for what a merge touched; never by triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

# A bucket is a group of data keys and a snapshot a further holder of one: neither is counted as a data key, and
# the date of a bucket says nothing about the age of the data keys in it. What is not encrypted has none; it never
# stands under a CMK.
_CMKS = """
UPDATE cmk SET (data_keys, groups, copies, oldest_data_key, stale_below) = (
    SELECT count(*) FILTER (WHERE granularity NOT IN ('bucket', 'snapshot')),
        count(*) FILTER (WHERE granularity = 'bucket'),
        count(*) FILTER (WHERE granularity = 'snapshot'),
        min(made_at) FILTER (WHERE granularity <> 'bucket'),
        ifnull(max(stale), 0)
    FROM data_key AS d WHERE d.cmk_id = cmk.id)
WHERE id IN (SELECT id FROM counted_cmk)
"""

# Three kinds of children, summed: CMKs placed here, data keys under no CMK of ours, and places (place 0, which
# stands for everything without a place, is not the parent of the tenants).
_PLACES = """
UPDATE place SET (own_cmks, loose, places, cmks, data_keys, groups, copies, stale) = (
    SELECT sum(own), sum(loose), sum(places), sum(cmks), sum(keys), sum(groups), sum(copies), max(stale) FROM (
        SELECT count(*) AS own, 0 AS loose, 0 AS places, count(*) AS cmks, ifnull(sum(data_keys), 0) AS keys,
            ifnull(sum(groups), 0) AS groups, ifnull(sum(copies), 0) AS copies,
            ifnull(max(max(stale, stale_below)), 0) AS stale
        FROM cmk WHERE place_id = place.id
        UNION ALL
        SELECT 0, count(*), 0, 0,
            count(*) FILTER (WHERE granularity NOT IN ('bucket', 'snapshot') AND status <> 'unencrypted'),
            count(*) FILTER (WHERE granularity = 'bucket'), count(*) FILTER (WHERE granularity = 'snapshot'),
            ifnull(max(stale), 0)
        FROM data_key WHERE cmk_id = 0 AND place_id = place.id
        UNION ALL
        SELECT 0, 0, count(*), ifnull(sum(cmks), 0), ifnull(sum(data_keys), 0), ifnull(sum(groups), 0),
            ifnull(sum(copies), 0), ifnull(max(stale), 0)
        FROM place AS below WHERE below.parent_id = place.id AND place.id <> 0))
WHERE id IN (SELECT id FROM touched_place) AND level = ?
"""

_PARENTS = """
INSERT OR IGNORE INTO touched_place
SELECT parent_id FROM place WHERE level = ? AND id IN (SELECT id FROM touched_place)
"""


def count_again(connection: sqlite3.Connection) -> None:
    """Renew the badges of the CMKs in temp.counted_cmk and the places in temp.touched_place, and of all above."""
    connection.execute(_CMKS)
    connection.execute(
        "INSERT OR IGNORE INTO touched_place SELECT place_id FROM cmk WHERE id IN (SELECT id FROM counted_cmk)"
    )
    for level in (3, 2, 1, 0):
        connection.execute(_PLACES, (level,))
        if level > 1:
            connection.execute(_PARENTS, (level,))
