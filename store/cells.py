"""What the rows of long lists show, as SQL, for filters and orders; what is not for these eyes is not in it.

Values in words (a rule, a state) are said by the screen: see `store.narrow.Asked.told`.
"""

from __future__ import annotations

from store.narrowing import Cell, Listed
from store.sight import HIDDEN, UNNAMED

FAR = 1 << 62
"""What has no date comes last."""

SEPARATOR = "\x1f"
"""Between the parts of a value that is told in words."""

WITHHELD = "\x01"
"""A part that is not for these eyes."""

# -- findings: `finding AS f LEFT JOIN acknowledgement AS a` ------------------------------------------------------

STANDING = "(f.ack_id <> 0 AND (f.ack_until IS NULL OR f.ack_until > :now))"
_SUBJECT = """CASE f.kind
    WHEN 'data_key' THEN ifnull((SELECT iif(d.name = '', d.resource_id, d.name) FROM data_key AS d
        WHERE d.id = f.subject_id AND f.subject_id <> 0), f.detail)
    WHEN 'cmk' THEN ifnull((SELECT iif(c.name = '', c.key_id, c.name) FROM cmk AS c
        WHERE c.id = f.subject_id AND f.subject_id <> 0), f.detail)
    ELSE ifnull((SELECT p.name FROM place AS p WHERE p.id = f.subject_id
        AND (f.subject_id <> 0 OR f.kind IN ('tenant', 'application', 'environment'))), f.detail) END"""
_CLOSED = ":closed <> '' AND substr(f.rule, 1, length(:closed)) = :closed"
_SIDE = f"iif({_CLOSED}, '', iif(f.{{0}}_id, place_seen(f.{{0}}_id), veiled(f.{{0}})))"

FINDING_CELLS = {
    "ernst": Cell(f"f.severity * 2 + {STANDING}", ("-f.severity",)),
    "wat": Cell("f.rule"),
    "sinds": Cell("date(ifnull(f.since, f.first_seen), 'unixepoch')", ("ifnull(f.since, f.first_seen)",), dated=True),
    "pad": Cell("place_path(iif(f.place_id, f.place_id, f.home_id))"),
    "over": Cell(_SUBJECT),
    "verwacht": Cell(_SIDE.format("expected")),
    "gevonden": Cell(_SIDE.format("found")),
    "aanvaard": Cell(
        f"iif({STANDING}, a.who || char(31) || ifnull(a.until, ''), NULL)",
        (f"NOT {STANDING}", f"iif({STANDING}, ifnull(a.until, {FAR}), 0)"),
    ),
}


def findings(where: str) -> Listed:
    """Those for which `where`, a condition on `finding AS f`, holds."""
    rows = f"FROM finding AS f LEFT JOIN acknowledgement AS a ON a.id = f.ack_id WHERE {where}"
    return Listed(rows, "f.id", "f.severity DESC, f.rule, f.id", FINDING_CELLS)


# -- data keys under one CMK: `data_key AS d`, its CMK `c` --------------------------------------------------------

_AWAY = f"d.place_id <> 0 AND d.place_id <> c.place_id AND NOT {HIDDEN}"
_NAME = f"iif({HIDDEN}, '', d.name)"
_MOST = "ifnull((SELECT max(m.generation) FROM material AS m WHERE m.cmk_id = d.cmk_id), 0)"

DATA_KEYS = Listed(
    "FROM data_key AS d CROSS JOIN cmk AS c ON c.id = d.cmk_id WHERE d.cmk_id = :cmk"
    " AND (:whole OR c.tenant_id = :tenant AND :application IN (0, c.application_id))",
    "d.id",
    f"{HIDDEN}, iif({HIDDEN}, '', d.sort), d.id",
    {
        "soort": Cell("d.granularity", ("d.granularity",)),
        "id": Cell(f"iif({HIDDEN}, '{UNNAMED}', d.resource_id)", (f"iif({HIDDEN}, '{UNNAMED}', d.resource_id)",)),
        "naam": Cell(f"iif({_NAME} = d.resource_id, '', {_NAME})", (f"folded({_NAME})",)),
        "datum": Cell("ifnull(date(d.made_at, 'unixepoch'), '–')", (f"ifnull(d.made_at, {FAR})",)),
        "oordeel": Cell(
            f"iif({HIDDEN} OR d.verdict = '', NULL, d.verdict)",
            (f"iif({HIDDEN} OR d.verdict = '', {FAR}, -d.verdict_at)",),
        ),
        "status": Cell("iif(d.stale, 'stale', d.status)", ("d.status",)),
        "hbk": Cell(
            f"d.generation || char(31) || d.generation_to || char(31) || d.generation_exact || char(31) || {_MOST}",
            (f"iif(d.generation, d.generation, {FAR})",),
        ),
        "plaats": Cell(f"iif({_AWAY}, '! ' || place_path(d.place_id), '')"),
    },
)

# -- events: `event AS e` -----------------------------------------------------------------------------------------

_FOREIGN = (
    "(NOT :whole AND e.{0}_tenant_id <> 0"
    " AND NOT (e.{0}_tenant_id = :tenant AND :application IN (0, e.{0}_application_id)))"
)
_OWN, _BEFORE, _AFTER = (_FOREIGN.format(side) for side in ("own", "old", "new"))
_EVENT_NAME = (
    f"iif({_OWN}, CASE WHEN e.what = 'moved' THEN e.label WHEN e.kind = 5 THEN '{UNNAMED}' ELSE '' END, e.name)"
)
_OLD = f"iif({_BEFORE} AND e.old <> '', char(1), iif(e.what = 'moved', place_path(CAST(e.old AS INTEGER)), e.old))"
_NEW = f"""CASE WHEN {_AFTER} AND e.new <> '' THEN char(1) WHEN e.what = 'policy' AND {_BEFORE} THEN char(1)
    WHEN e.what = 'moved' THEN place_path(CAST(e.new AS INTEGER)) ELSE e.new END"""
_DETAIL = f"""CASE WHEN {_BEFORE} AND e.what IN ('tag', 'alias') AND e.new = '' THEN char(1)
    WHEN e.what IN ('tag', 'alias', 'replaced') OR e.source = 'evidence' THEN e.detail ELSE '' END"""

EVENT_CELLS = {
    "datum": Cell("strftime('%Y-%m-%d %H:%M', e.at, 'unixepoch')", ("e.at",), dated=True),
    "gebeurtenis": Cell("e.kind || char(31) || e.what"),
    "naam": Cell(_EVENT_NAME),
    "bron": Cell("e.source"),
    "pad": Cell("place_path(e.place_id)"),
    "wijziging": Cell(
        " || char(31) || ".join(
            ("e.kind", "e.what", *(f"replace({side}, char(31), ' ')" for side in (_DETAIL, _OLD, _NEW)))
        )
    ),
}


def events(where: str) -> Listed:
    """Those for which `where`, a condition on `event AS e`, holds."""
    return Listed(f"FROM event AS e WHERE {where}", "e.id", "e.at DESC, e.id DESC", EVENT_CELLS)
