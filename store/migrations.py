"""The schema, as numbered steps; each runs once, in the transaction that records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from store.database import APPLICATION_ID, VERSION

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

migrations = Migrations("kms-console")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to VERSION; the caller holds the write lock, so that two processes take turns."""
    from sqlite_utils import Database

    migrations.apply(Database(connection, execute_plugins=False))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


@migrations()  # type: ignore[untyped-decorator] # sqlite-utils is followed without its types
def m001_estate(db: Database) -> None:
    """Places, CMKs with their HBKs, data keys, accounts, syncs with their gaps, and words to search by."""
    for statement in (ESTATE + INDEXES).split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m002_figures(db: Database) -> None:
    """Sums per application and tenant, for numbers at a glance; by ages, in which proofs count."""
    from store.figures import FIGURES, renew_figures
    from store.proofs import add_columns

    add_columns(db.conn)
    for statement in FIGURES.split(";\n"):
        if statement.strip():
            db.execute(statement)
    renew_figures(db.conn, "SELECT id FROM place")


@migrations()  # type: ignore[untyped-decorator]
def m003_sightings(db: Database) -> None:
    """Uses of CMKs as grants and CloudTrail tell them, which HBK wraps each data key, and what files were read."""
    from store.proofs import add_columns
    from store.sightings import TABLES
    from store.wrapping import tell_all

    add_columns(db.conn)
    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)
    tell_all(db.conn)


@migrations()  # type: ignore[untyped-decorator]
def m004_material_ids(db: Database) -> None:
    """An HBK by its id alone, as a CloudTrail event names it."""
    db.execute("CREATE INDEX material_id ON material (material_id)")


@migrations()  # type: ignore[untyped-decorator]
def m005_grants_read(db: Database) -> None:
    """When the grants of each CMK were last read: one call a CMK, so not at every sync."""
    db.execute("CREATE TABLE grants_read (cmk_arn TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID")


@migrations()  # type: ignore[untyped-decorator]
def m006_findings(db: Database) -> None:
    """What is wrong, what was acknowledged of it, and what waits to be judged; the next sync judges all."""
    from store.judgement import TABLES

    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m007_findings_by_subject(db: Database) -> None:
    """The findings of one node, for its line in the tree and its sheet."""
    db.execute("CREATE INDEX finding_by_subject ON finding (subject_id, kind)")


@migrations()  # type: ignore[untyped-decorator]
def m008_history(db: Database) -> None:
    """Former rows with their validity, and what happened when; the record begins with what a store knows now."""
    from store import happenings, past

    for statement in (past.TABLES + ";\n" + happenings.TABLES).split(";\n"):
        if statement.strip():
            db.execute(statement)
    happenings.note_all(db.conn)


@migrations()  # type: ignore[untyped-decorator]
def m009_runs(db: Database) -> None:
    """Guided work: runs and their steps."""
    from store.runs import TABLES

    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m010_calendar(db: Database) -> None:
    """What falls on a day, by index alone: HBK dates with their states, ages of data keys, rotations by their kind."""
    from store.calendar import INDEXES as CALENDAR

    for statement in CALENDAR.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m011_audit(db: Database) -> None:
    """What was done and what was refused, chained and only added to; and as whom AWS knew these credentials."""
    from store.audit import TABLES

    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m013_exchange(db: Database) -> None:
    """Which snapshot this store holds, and which it published."""
    from store.take import TABLES

    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m014_requests(db: Database) -> None:
    """Requests for CMKs, their moves, and which letters about them were read."""
    from store.requests import TABLES

    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m015_verdicts(db: Database) -> None:
    """What is proven of data keys, with the evidence."""
    from store.verdicts import TABLES

    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m018_data_keys_of_others(db: Database) -> None:
    """Under a CMK, the data keys that belong to another place, for those who may not see whose they are."""
    db.execute("CREATE INDEX data_key_away ON data_key (cmk_id, tenant_id, application_id) WHERE elsewhere = 1")


@migrations()  # type: ignore[untyped-decorator]
def m019_shut_accounts(db: Database) -> None:
    """Of each gap, whether the account behind it cannot be entered at all; the next sync tells."""
    db.execute("ALTER TABLE gap ADD COLUMN shut INTEGER NOT NULL DEFAULT 0")


@migrations()  # type: ignore[untyped-decorator]
def m020_objects(db: Database) -> None:
    """What was read of each object under a prefix, so that an unchanged one is not read again."""
    from store.objects import TABLE

    db.execute(TABLE)


@migrations()  # type: ignore[untyped-decorator]
def m021_proofs(db: Database) -> None:
    """Verdicts on the rows of the data keys themselves, in their ages, and in what happened."""
    from store.proofs import AGES, add_columns, follow

    add_columns(db.conn)
    for statement in AGES.split(";\n"):
        db.execute(statement)
    follow(db.conn, db.execute("SELECT run_id, resource_id FROM verdict").fetchall())


# AUTOINCREMENT: an id is never given out twice, so that a node that a screen remembers cannot become another.
ESTATE = """
CREATE TABLE account (
    account_id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE place (
    id INTEGER PRIMARY KEY AUTOINCREMENT, parent_id INTEGER NOT NULL, level INTEGER NOT NULL, name TEXT NOT NULL,
    sort TEXT NOT NULL, source TEXT NOT NULL, tenant_id INTEGER NOT NULL, application_id INTEGER NOT NULL,
    declared INTEGER NOT NULL DEFAULT 0,        -- settings name it: it stays without any key
    places INTEGER NOT NULL DEFAULT 0,          -- direct children: places, CMKs, data keys under no CMK of ours
    own_cmks INTEGER NOT NULL DEFAULT 0, loose INTEGER NOT NULL DEFAULT 0,
    cmks INTEGER NOT NULL DEFAULT 0, data_keys INTEGER NOT NULL DEFAULT 0,     -- everything below, for badges
    groups INTEGER NOT NULL DEFAULT 0, copies INTEGER NOT NULL DEFAULT 0,
    stale INTEGER NOT NULL DEFAULT 0
);
-- place 0 holds the badges of what has no place
INSERT INTO place (id, parent_id, level, name, sort, source, tenant_id, application_id)
    VALUES (0, -1, 0, '', '', 'inferred', 0, 0);
CREATE TABLE cmk (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key_id TEXT NOT NULL, arn TEXT NOT NULL, account_id TEXT NOT NULL,
    region TEXT NOT NULL, place_id INTEGER NOT NULL DEFAULT 0, tenant_id INTEGER NOT NULL DEFAULT 0,
    application_id INTEGER NOT NULL DEFAULT 0, place_source TEXT NOT NULL, place_reason TEXT NOT NULL,
    name TEXT NOT NULL, sort TEXT NOT NULL,     -- first alias without 'alias/', else description, else key id
    state TEXT NOT NULL, description TEXT NOT NULL, created_at INTEGER, deletion_at INTEGER,
    key_spec TEXT NOT NULL, key_usage TEXT NOT NULL, origin TEXT NOT NULL, manager TEXT NOT NULL,
    multi_region TEXT NOT NULL, current_material TEXT NOT NULL,
    rotation_enabled INTEGER, rotation_period INTEGER, rotation_next INTEGER, rotation_started INTEGER,
    rotation_last INTEGER, rotation_last_type TEXT NOT NULL DEFAULT '', on_demand_used INTEGER NOT NULL DEFAULT 0,
    metadata_at INTEGER NOT NULL, rotation_at INTEGER NOT NULL, materials_at INTEGER NOT NULL,
    policy_at INTEGER NOT NULL, stale INTEGER NOT NULL DEFAULT 0,
    data_keys INTEGER NOT NULL DEFAULT 0, groups INTEGER NOT NULL DEFAULT 0, copies INTEGER NOT NULL DEFAULT 0,
    oldest_data_key INTEGER, stale_below INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE policy (       -- apart: kilobytes that would make every look at a CMK longer
    cmk_id INTEGER PRIMARY KEY, policy TEXT NOT NULL
);
CREATE TABLE material (
    cmk_id INTEGER NOT NULL, material_id TEXT NOT NULL, date INTEGER, rotation_type TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER,                                 -- date, for the first one the CMK's creation, NULL while pending
    generation INTEGER NOT NULL DEFAULT 0,      -- 1 is the first; 0 while pending
    PRIMARY KEY (cmk_id, material_id)
) WITHOUT ROWID;
CREATE TABLE alias (
    cmk_id INTEGER NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, created_at INTEGER, updated_at INTEGER,
    PRIMARY KEY (cmk_id, name)
) WITHOUT ROWID;
CREATE TABLE tag (
    cmk_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (cmk_id, key)
) WITHOUT ROWID;
CREATE TABLE data_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, granularity TEXT NOT NULL, resource_id TEXT NOT NULL,
    account_id TEXT NOT NULL, region TEXT NOT NULL, cmk_id INTEGER NOT NULL DEFAULT 0,
    place_id INTEGER NOT NULL DEFAULT 0, tenant_id INTEGER NOT NULL DEFAULT 0,
    application_id INTEGER NOT NULL DEFAULT 0,
    elsewhere INTEGER NOT NULL DEFAULT 0,       -- its own tags name another place than its CMK's
    place_source TEXT NOT NULL, place_reason TEXT NOT NULL,
    name TEXT NOT NULL, sort TEXT NOT NULL, arn TEXT NOT NULL, key_ref TEXT NOT NULL, status TEXT NOT NULL,
    data_key_id TEXT NOT NULL, created_at INTEGER, source TEXT NOT NULL, seen_at INTEGER NOT NULL,
    detail TEXT NOT NULL, stale INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE word (         -- what a name holds from each start of a word on, folded; kind: see store.words
    kind INTEGER NOT NULL, word TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (kind, word, id)
) WITHOUT ROWID;
CREATE TABLE sync_run (
    id INTEGER PRIMARY KEY, state TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER,
    phase TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL DEFAULT 0, pid INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT ''
);
CREATE TABLE slice (        -- when a part of the estate was last read whole: the age of all rows in it
    account_id TEXT NOT NULL, region TEXT NOT NULL, what TEXT NOT NULL, read_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, region, what)
) WITHOUT ROWID;
CREATE TABLE gap (
    account_id TEXT NOT NULL, region TEXT NOT NULL, what TEXT NOT NULL, tenant TEXT NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (account_id, region, what)
) WITHOUT ROWID;
"""

# SQLite adds the row id to every index: (place_id, sort) is also ordered by id.
INDEXES = """
CREATE UNIQUE INDEX place_name ON place (parent_id, name);
CREATE INDEX place_sort ON place (parent_id, sort);
CREATE UNIQUE INDEX cmk_arn ON cmk (arn);
CREATE INDEX cmk_key_id ON cmk (key_id);
CREATE INDEX cmk_place ON cmk (place_id, sort);
CREATE INDEX cmk_rotation_next ON cmk (rotation_next);
CREATE INDEX cmk_tenant ON cmk (tenant_id, application_id);
CREATE INDEX cmk_account ON cmk (account_id, region);
CREATE INDEX material_at ON material (at) WHERE at IS NOT NULL;
CREATE INDEX alias_name ON alias (name);
CREATE UNIQUE INDEX data_key_resource ON data_key (resource_id, account_id, region, kind);
CREATE INDEX data_key_cmk ON data_key (cmk_id, sort);
CREATE INDEX data_key_loose ON data_key (place_id, sort) WHERE cmk_id = 0;
CREATE INDEX data_key_elsewhere ON data_key (place_id, sort) WHERE elsewhere = 1;
CREATE INDEX data_key_tenant ON data_key (tenant_id, application_id);
CREATE INDEX data_key_account ON data_key (account_id);
CREATE INDEX data_key_lineage ON data_key (data_key_id) WHERE data_key_id <> '';
CREATE INDEX data_key_alias ON data_key (key_ref) WHERE instr(key_ref, 'alias/') > 0;
"""
