"""The schema, as numbered steps; each runs once, in the transaction that records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("kms-console")

VERSION = 1
"""PRAGMA user_version of a store that has had every migration; a higher one belongs to a newer console."""

APPLICATION_ID = 0x6B6D7363
"""PRAGMA application_id ('kmsc'): tells our file from any other SQLite file."""


@migrations()
def m001_estate(db: Database) -> None:
    """Places, CMKs with their HBKs, data keys, accounts, syncs with their gaps, and words to search by."""
    for statement in _ESTATE.split(";\n"):
        db.execute(statement)


_ESTATE = """
CREATE TABLE account (
    account_id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant TEXT NOT NULL
);
CREATE TABLE place (
    id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL, level INTEGER NOT NULL, name TEXT NOT NULL,
    sort TEXT NOT NULL, source TEXT NOT NULL, tenant_id INTEGER NOT NULL, application_id INTEGER NOT NULL,
    places INTEGER NOT NULL DEFAULT 0,      -- direct children: places, CMKs, data keys under no CMK of ours
    own_cmks INTEGER NOT NULL DEFAULT 0, loose INTEGER NOT NULL DEFAULT 0,
    cmks INTEGER NOT NULL DEFAULT 0, data_keys INTEGER NOT NULL DEFAULT 0,     -- everything below, for badges
    groups INTEGER NOT NULL DEFAULT 0, copies INTEGER NOT NULL DEFAULT 0,
    stale INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX place_name ON place (parent_id, name);
CREATE INDEX place_sort ON place (parent_id, sort, id);
CREATE TABLE cmk (
    id INTEGER PRIMARY KEY, key_id TEXT NOT NULL, arn TEXT NOT NULL, account_id TEXT NOT NULL, region TEXT NOT NULL,
    place_id INTEGER NOT NULL DEFAULT 0, tenant_id INTEGER NOT NULL DEFAULT 0,
    application_id INTEGER NOT NULL DEFAULT 0, place_source TEXT NOT NULL, place_reason TEXT NOT NULL,
    name TEXT NOT NULL, sort TEXT NOT NULL,     -- first alias without 'alias/', else description, else key id
    state TEXT NOT NULL, description TEXT NOT NULL, created_at INTEGER, deletion_at INTEGER,
    key_spec TEXT NOT NULL, key_usage TEXT NOT NULL, origin TEXT NOT NULL, manager TEXT NOT NULL,
    multi_region TEXT NOT NULL, current_material TEXT NOT NULL,
    rotation_enabled INTEGER, rotation_period INTEGER, rotation_next INTEGER, rotation_started INTEGER,
    rotation_last INTEGER, rotation_last_type TEXT NOT NULL DEFAULT '', on_demand_used INTEGER NOT NULL DEFAULT 0,
    policy TEXT, metadata_at INTEGER NOT NULL, rotation_at INTEGER NOT NULL, materials_at INTEGER NOT NULL,
    policy_at INTEGER NOT NULL, stale INTEGER NOT NULL DEFAULT 0,
    data_keys INTEGER NOT NULL DEFAULT 0, groups INTEGER NOT NULL DEFAULT 0, copies INTEGER NOT NULL DEFAULT 0,
    oldest_data_key INTEGER
);
CREATE UNIQUE INDEX cmk_arn ON cmk (arn);
CREATE INDEX cmk_key_id ON cmk (key_id);
CREATE INDEX cmk_place ON cmk (place_id, sort, id);
CREATE INDEX cmk_rotation_next ON cmk (rotation_next);
CREATE INDEX cmk_tenant ON cmk (tenant_id, application_id);
CREATE TABLE material (
    cmk_id INTEGER NOT NULL, material_id TEXT NOT NULL, date INTEGER, rotation_type TEXT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (cmk_id, material_id)
) WITHOUT ROWID;
CREATE INDEX material_date ON material (date);
CREATE TABLE alias (
    cmk_id INTEGER NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, created_at INTEGER, updated_at INTEGER,
    PRIMARY KEY (cmk_id, name)
) WITHOUT ROWID;
CREATE TABLE tag (
    cmk_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (cmk_id, key)
) WITHOUT ROWID;
CREATE TABLE data_key (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, granularity TEXT NOT NULL, resource_id TEXT NOT NULL,
    account_id TEXT NOT NULL, region TEXT NOT NULL, cmk_id INTEGER NOT NULL DEFAULT 0,
    place_id INTEGER NOT NULL DEFAULT 0, tenant_id INTEGER NOT NULL DEFAULT 0,
    application_id INTEGER NOT NULL DEFAULT 0, place_source TEXT NOT NULL, place_reason TEXT NOT NULL,
    name TEXT NOT NULL, sort TEXT NOT NULL, arn TEXT NOT NULL, key_ref TEXT NOT NULL, status TEXT NOT NULL,
    data_key_id TEXT NOT NULL, created_at INTEGER, source TEXT NOT NULL, seen_at INTEGER NOT NULL,
    detail TEXT NOT NULL, stale INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX data_key_resource ON data_key (resource_id, account_id, region, kind);
CREATE INDEX data_key_cmk ON data_key (cmk_id, sort, id);
CREATE INDEX data_key_loose ON data_key (place_id, sort, id) WHERE cmk_id = 0;
CREATE INDEX data_key_tenant ON data_key (tenant_id, application_id);
CREATE TABLE word (
    word TEXT NOT NULL, kind INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (word, kind, id)
) WITHOUT ROWID;
CREATE TABLE sync_run (
    id INTEGER PRIMARY KEY, state TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER,
    phase TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL DEFAULT 0, pid INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT ''
);
CREATE TABLE gap (
    account_id TEXT NOT NULL, region TEXT NOT NULL, what TEXT NOT NULL, tenant TEXT NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (account_id, region, what)
) WITHOUT ROWID
"""
