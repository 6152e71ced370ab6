"""What the rules have to look at, in whole sets: every CMK that was chosen, and only those data keys that stand out.

All read the connection on which `store.judgement.choose` has filled temp.judged_cmk and temp.judged_place.
"""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

from typing import TYPE_CHECKING

from store.cases import (
    AgedCase,
    BareCase,
    CmkCase,
    GapCase,
    LineageCase,
    LooseCase,
    MistaggedCase,
    PlaceCase,
    Spot,
    StrayCase,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from store.nodes import Row

_CHOSEN = " AND d.cmk_id IN (SELECT id FROM judged_cmk)"

# The first holder of a data key, volumes before snapshots: who reads of it looks for the volume.
_FIRST = "min((d.granularity = 'snapshot') * 1000000000000 + d.id) % 1000000000000"
_ONE_KEY = "CASE WHEN d.data_key_id = '' THEN d.id ELSE d.data_key_id END"

_PLACES = "SELECT id, parent_id, level, name, tenant_id, application_id, own_cmks FROM place WHERE id > 0"
_TOUCHED = """
SELECT DISTINCT p.application_id FROM unjudged AS u CROSS JOIN place AS p ON p.id = u.id
WHERE u.kind = 'place' AND p.level > 1
"""
_CMKS = """
SELECT c.id, c.arn, c.key_id, c.account_id, c.state, c.key_spec, c.origin, c.manager, c.multi_region,
    c.rotation_enabled, c.rotation_next, c.rotation_started, c.rotation_at, c.deletion_at, c.created_at,
    c.place_id, c.tenant_id, c.application_id, c.place_source, c.place_reason,
    c.data_keys + c.groups + c.copies, c.oldest_data_key
FROM judged_cmk AS j CROSS JOIN cmk AS c ON c.id = j.id ORDER BY c.id
"""
_ALIASES = "SELECT a.cmk_id, a.name FROM judged_cmk AS j CROSS JOIN alias AS a ON a.cmk_id = j.id"
_CLASSES = "SELECT t.cmk_id, t.value FROM judged_cmk AS j CROSS JOIN tag AS t ON t.cmk_id = j.id WHERE t.key = ?"
_POLICIES = "SELECT p.cmk_id, p.policy FROM judged_cmk AS j CROSS JOIN policy AS p ON p.cmk_id = j.id"

_STRAYS = f"""
SELECT {_FIRST}, d.cmk_id, d.place_id, d.tenant_id, d.application_id, p.level, p.own_cmks,
    EXISTS (SELECT 1 FROM cmk AS o CROSS JOIN data_key AS k ON k.cmk_id = o.id
        WHERE o.place_id = d.place_id AND k.elsewhere = 0),
    c.place_id, c.tenant_id, c.application_id, count(*), min(d.created_at), d.account_id
FROM data_key AS d {{index}} CROSS JOIN cmk AS c ON c.id = d.cmk_id CROSS JOIN place AS p ON p.id = d.place_id
WHERE d.elsewhere = 1 AND c.place_id <> 0 {{chosen}}
GROUP BY d.cmk_id, d.place_id, d.account_id, {_ONE_KEY}
"""

# A key that AWS does not name any more is gone, if all keys of its account and Region were read. While they cannot be,
# the last time that they were still counts for what never changes its key and was there by then.
_LOOSE = f"""
SELECT {_FIRST}, d.place_id, d.tenant_id, d.application_id, d.status, d.granularity, d.key_ref, count(*),
    min(d.created_at), d.key_ref LIKE 'arn:%:key/%' AND EXISTS (SELECT 1 FROM slice AS s WHERE s.what = 'cmk'
        AND d.key_ref LIKE 'arn:%:kms:' || s.region || ':' || s.account_id || ':key/%'
        AND (d.granularity IN ('volume', 'snapshot') AND d.created_at <= s.read_at
            OR NOT EXISTS (SELECT 1 FROM gap AS g WHERE g.what = 'cmk'
                AND g.account_id = s.account_id AND g.region IN ('', s.region))))
FROM judged_place AS j CROSS JOIN data_key AS d ON d.place_id = j.id
WHERE d.cmk_id = 0 AND d.status IN ('aws_managed', 'unencrypted', 'foreign', 'encrypted')
GROUP BY d.place_id, d.account_id, d.status, {_ONE_KEY}
"""
_BARE = """
SELECT p.id, p.tenant_id, p.application_id, count(*), min(d.created_at)
FROM judged_place AS j CROSS JOIN place AS p ON p.id = j.id CROSS JOIN data_key AS d ON d.place_id = p.id
WHERE p.level = 3 AND p.own_cmks = 0 AND d.cmk_id = 0 AND d.status IN ('aws_managed', 'foreign')
    AND NOT EXISTS (SELECT 1 FROM data_key AS o WHERE o.place_id = p.id AND o.elsewhere = 1)
    AND NOT EXISTS (SELECT 1 FROM data_key AS o WHERE o.place_id = p.id AND o.cmk_id = 0 AND o.status = 'encrypted')
GROUP BY p.id
"""
_MISTAGGED = f"""
SELECT {_FIRST}, d.place_id, d.tenant_id, d.application_id, ifnull(c.place_id, d.place_id),
    ifnull(c.tenant_id, d.tenant_id), ifnull(c.application_id, d.application_id), d.cmk_id, min(d.created_at)
FROM data_key AS d LEFT JOIN cmk AS c ON c.id = d.cmk_id
WHERE d.place_reason = 'place.contradicts'
    AND iif(d.cmk_id, d.cmk_id IN (SELECT id FROM judged_cmk), d.place_id IN (SELECT id FROM judged_place))
GROUP BY d.cmk_id, d.place_id, d.account_id, {_ONE_KEY}
"""
_LINEAGES = f"""
SELECT {_FIRST}, d.data_key_id, d.cmk_id, d.place_id, d.tenant_id, d.application_id, c.place_id, c.tenant_id,
    c.application_id, count(*) FILTER (WHERE d.granularity <> 'snapshot') AS volumes,
    count(*) FILTER (WHERE d.granularity = 'snapshot'), min(d.created_at)
FROM (SELECT data_key_id AS line FROM data_key AS d WHERE d.data_key_id <> '' {{chosen}}
        GROUP BY d.data_key_id HAVING count(*) > 1)
    CROSS JOIN data_key AS d ON d.data_key_id = line AND d.data_key_id <> '' CROSS JOIN cmk AS c ON c.id = d.cmk_id
GROUP BY d.data_key_id, d.account_id, d.cmk_id HAVING volumes >= :volumes OR count(*) >= :holders
"""
_AGED = f"""
SELECT e.cmk_id, count(DISTINCT iif(d.made_at < e.edge, {_ONE_KEY}, NULL)),
    min(iif(d.made_at >= e.edge, d.made_at, NULL)),
    max(iif(d.made_at < e.edge AND d.verdict NOT IN ('', 'proven'), printf('%012d', d.verdict_at) || d.verdict, NULL))
FROM edge AS e CROSS JOIN data_key AS d ON d.cmk_id = e.cmk_id WHERE d.granularity <> 'bucket' GROUP BY e.cmk_id
"""
_GAPS = """
SELECT g.account_id, g.tenant, ifnull(p.id, 0), group_concat(DISTINCT g.code), group_concat(DISTINCT g.what),
    count(*), min(g.since)
FROM gap AS g LEFT JOIN place AS p ON p.parent_id = 0 AND p.name = g.tenant AND g.tenant <> ''
WHERE g.what <> 'letters' GROUP BY g.account_id, g.tenant ORDER BY g.account_id
"""


class Suspects:
    """One look at the estate for all rules, within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, *, full: bool) -> None:
        self._connection = connection
        self._full = full

    def places(self) -> list[PlaceCase]:
        """Every place: names are looked up among neighbours."""
        rows = self._connection.execute(_PLACES)
        return [
            PlaceCase(id_, parent, level, name, Spot(id_, tenant, application), own)
            for id_, parent, level, name, tenant, application, own in rows
        ]

    def touched_applications(self) -> frozenset[int]:
        """Applications of which something was touched."""
        return frozenset(row[0] for row in self._connection.execute(_TOUCHED))

    def every_alias(self) -> list[tuple[int, str]]:
        """CMK ids with their aliases, chosen or not."""
        return self._connection.execute("SELECT cmk_id, name FROM alias").fetchall()

    def choose(self, cmks: Iterable[int]) -> None:
        """These CMKs are judged, too."""
        self._connection.executemany("INSERT OR IGNORE INTO judged_cmk VALUES (?)", ((cmk,) for cmk in cmks))

    def accounts(self) -> list[tuple[str, str]]:
        """Account ids with their tenant's name; '' is the service itself."""
        return self._connection.execute("SELECT account_id, tenant FROM account").fetchall()

    def cmks(self, class_tag: str) -> Iterator[CmkCase]:
        """The chosen CMKs; `class_tag` is the tag that classes their data."""
        aliases: dict[int, list[str]] = {}
        for cmk_id, name in self._connection.execute(_ALIASES):
            aliases.setdefault(cmk_id, []).append(name)
        classes: dict[int, str] = dict(self._connection.execute(_CLASSES, (class_tag,)))
        for row in self._connection.execute(_CMKS).fetchall():
            yield _cmk(row, tuple(sorted(aliases.get(row[0], ()))), classes.get(row[0], ""))

    def policies(self) -> Iterator[tuple[int, str]]:
        """CMK ids with the text of their policy, as far as it was read."""
        yield from self._connection.execute(_POLICIES)

    def strays(self) -> list[StrayCase]:
        """Data keys under a CMK of another place than their own, by CMK and place."""
        # Few stand elsewhere: the index of those is the way to all, the CMKs the way to some.
        index, chosen = ("INDEXED BY data_key_elsewhere", "") if self._full else ("", _CHOSEN)
        rows = self._connection.execute(_STRAYS.format(index=index, chosen=chosen))
        return [
            StrayCase(
                id_, cmk, Spot(place, tenant, application), level, own, bool(data),
                Spot(home, home_tenant, home_application), number, born, account,
            )
            for id_, cmk, place, tenant, application, level, own, data, home, home_tenant, home_application, number,
            born, account in rows
        ]  # fmt: skip

    def loose(self) -> list[LooseCase]:
        """Data keys under no CMK of ours."""
        rows = self._connection.execute(_LOOSE)
        return [
            LooseCase(id_, Spot(place, tenant, application), status, granularity, key, number, born, bool(whole))
            for id_, place, tenant, application, status, granularity, key, number, born, whole in rows
        ]

    def bare(self) -> list[BareCase]:
        """Environments that have data keys under other keys, and no CMK to put them under."""
        rows = self._connection.execute(_BARE)
        return [
            BareCase(id_, Spot(id_, tenant, application), *rest)
            for id_, tenant, application, *rest in rows
        ]  # fmt: skip

    def mistagged(self) -> list[MistaggedCase]:
        """Holders whose tags name another tenant than their account's."""
        return [
            MistaggedCase(row[0], Spot(*row[1:4]), Spot(*row[4:7]), *row[7:])
            for row in self._connection.execute(_MISTAGGED)
        ]

    def lineages(self, volumes: int, holders: int) -> list[LineageCase]:
        """Data keys with at least so many volumes, or so many holders in all, under one CMK of ours."""
        values = {"volumes": volumes, "holders": holders}
        rows = self._connection.execute(_LINEAGES.format(chosen="" if self._full else _CHOSEN), values)
        return [
            LineageCase(
                id_, line, cmk, Spot(place, tenant, application), Spot(home, home_tenant, home_application), volumes,
                snapshots, born,
            )
            for id_, line, cmk, place, tenant, application, home, home_tenant, home_application, volumes, snapshots,
            born in rows
        ]  # fmt: skip

    def aged(self, edges: Iterable[tuple[int, int]]) -> list[AgedCase]:
        """Of each (CMK id, date): how many of its data keys are older, when the oldest of the others was made, and what
        the newest attempt at one of the older ones came to.
        """
        self._connection.execute("CREATE TEMP TABLE edge (cmk_id INTEGER PRIMARY KEY, edge INTEGER)")
        self._connection.executemany("INSERT INTO edge VALUES (?, ?)", edges)
        found = [_aged(*row) for row in self._connection.execute(_AGED)]
        self._connection.execute("DROP TABLE temp.edge")
        return found

    def gaps(self) -> list[GapCase]:
        """What could not be seen, by account."""
        return [GapCase(*row) for row in self._connection.execute(_GAPS)]


def _aged(cmk_id: int, number: int, next_at: int | None, tried: str | None) -> AgedCase:
    verdict, at = (tried[12:], int(tried[:12])) if tried else ("", 0)
    return AgedCase(cmk_id, number, next_at, verdict, at)


def _cmk(row: Row, aliases: tuple[str, ...], data_class: str) -> CmkCase:
    (id_, arn, key_id, account, state, spec, origin, manager, multi_region, enabled, due, started, read_at, deletion,
     created, place, tenant, application, source, reason, holders, oldest) = row  # fmt: skip
    return CmkCase(
        id_, arn, key_id, account, state, spec, origin, manager, multi_region,
        None if enabled is None else bool(enabled), due, started, read_at, deletion, created,
        Spot(place, tenant, application), source, reason, holders, oldest, aliases, data_class,
    )  # fmt: skip
