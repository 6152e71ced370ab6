"""The ways of databases of RDS and of clusters of Aurora: all by a copy under another CMK, or by one that is new."""

from __future__ import annotations

from console.datakeys.manual.acts import QUIET, Act, Goes, Way
from console.datakeys.manual.services import Told
from console.datakeys.routes import Effect

_RDS_COPY = Told("describe_db_snapshots", "DBSnapshotIdentifier", "DBSnapshots")
_RDS_NEEDS = ("rds:CreateDBSnapshot", "rds:CopyDBSnapshot", "rds:RestoreDBInstanceFromDBSnapshot", "kms:CreateGrant")
_RDS_SNAPSHOT = Act(
    "manual_snapshot",
    (
        "aws rds create-db-snapshot --db-instance-identifier {label} --db-snapshot-identifier {snapshot}",
        "aws rds wait db-snapshot-available --db-snapshot-identifier {snapshot}",
    ),
    ("snapshot",),
)


def _rds_copy(step: str, source: str, target: str, cmk: str) -> Act:
    copying = f"--source-db-snapshot-identifier {{{source}}} --target-db-snapshot-identifier {{{target}}}"
    return Act(
        step,
        (
            f"aws rds copy-db-snapshot {copying} --kms-key-id {{{cmk}}} --copy-tags",
            f"aws rds wait db-snapshot-available --db-snapshot-identifier {{{target}}}",
        ),
        (target,),
    )


_RDS_NEW = Act(
    "manual_new",
    (
        (
            "aws rds restore-db-instance-from-db-snapshot --db-instance-identifier {new}"
            " --db-snapshot-identifier {copy} --copy-tags-to-snapshot"
        ),
        "aws rds wait db-instance-available --db-instance-identifier {new}",
    ),
    ("new",),
)
_RDS_SWITCH = ("aws rds describe-db-instances --db-instance-identifier {new} --query 'DBInstances[0].Endpoint'",)
_RDS_FRESH = Act(
    "manual_new",
    (
        "aws rds describe-db-instances --db-instance-identifier {label}",
        (
            "aws rds create-db-instance --db-instance-identifier {new} --storage-encrypted --kms-key-id {intended}"
            " --cli-input-json file://{new}.json"
        ),
        "aws rds wait db-instance-available --db-instance-identifier {new}",
    ),
    ("new",),
)

_AURORA_COPY = Told("describe_db_cluster_snapshots", "DBClusterSnapshotIdentifier", "DBClusterSnapshots")
_AURORA_NEEDS = ("rds:CreateDBClusterSnapshot", "rds:RestoreDBClusterFromSnapshot", "rds:CreateDBInstance")
_AURORA_SNAPSHOT = Act(
    "manual_snapshot",
    (
        (
            "aws rds create-db-cluster-snapshot --db-cluster-identifier {label}"
            " --db-cluster-snapshot-identifier {snapshot}"
        ),
        "aws rds wait db-cluster-snapshot-available --db-cluster-snapshot-identifier {snapshot}",
    ),
    ("snapshot",),
)
_AURORA_HOP = Act(
    "manual_copy",
    (
        (
            "aws rds copy-db-cluster-snapshot --source-db-cluster-snapshot-identifier {snapshot}"
            " --target-db-cluster-snapshot-identifier {copy} --kms-key-id {transit} --copy-tags"
        ),
        "aws rds wait db-cluster-snapshot-available --db-cluster-snapshot-identifier {copy}",
    ),
    ("copy",),
)

_AURORA_INSTANCE = (
    "aws rds wait db-cluster-available --db-cluster-identifier {new}",
    (
        "aws rds create-db-instance --db-instance-identifier {new}-1 --db-cluster-identifier {new}"
        " --engine {engine} --db-instance-class CLASS"
    ),
    "aws rds wait db-instance-available --db-instance-identifier {new}-1",
)


def _aurora_new(source: str) -> Act:
    return Act(
        "manual_new",
        (
            (
                "aws rds restore-db-cluster-from-snapshot --db-cluster-identifier {new}"
                f" --snapshot-identifier {{{source}}} --engine {{engine}} --kms-key-id {{intended}}"
            ),
            *_AURORA_INSTANCE,
        ),
        ("new",),
    )


_AURORA_SWITCH = ("aws rds describe-db-clusters --db-cluster-identifier {new} --query 'DBClusters[0].Endpoint'",)
_AURORA_FRESH = Act(
    "manual_new",
    (
        "aws rds describe-db-clusters --db-cluster-identifier {label}",
        (
            "aws rds create-db-cluster --db-cluster-identifier {new} --storage-encrypted --kms-key-id {intended}"
            " --cli-input-json file://{new}.json"
        ),
        *_AURORA_INSTANCE,
    ),
    ("new",),
)

RDS = (
    Way("move", Effect.NEW_DK, Goes.MOVE, (QUIET, _RDS_SNAPSHOT, _rds_copy("manual_copy", "snapshot", "copy",
        "intended"), _RDS_NEW), copy=_RDS_COPY, switch=_RDS_SWITCH, needs=_RDS_NEEDS),
    Way("transit", Effect.NEW_DK, Goes.TRANSIT, (QUIET, _RDS_SNAPSHOT, _rds_copy("manual_hop", "snapshot", "hop",
        "transit"), _rds_copy("manual_copy", "hop", "copy", "intended"), _RDS_NEW), copy=_RDS_COPY,
        switch=_RDS_SWITCH, needs=_RDS_NEEDS),
    Way("fresh", Effect.NEW_DK, Goes.ANY, (_RDS_FRESH, Act("manual_fill")), switch=_RDS_SWITCH,
        needs=("rds:CreateDBInstance", "kms:CreateGrant")),
    Way("naive", Effect.UNCHANGED, Goes.NEVER),
)  # fmt: skip

AURORA = (
    Way("move", Effect.NEW_DK, Goes.MOVE, (QUIET, _AURORA_SNAPSHOT, _aurora_new("snapshot")),
        switch=_AURORA_SWITCH, needs=_AURORA_NEEDS),
    Way("transit", Effect.NEW_DK, Goes.TRANSIT, (QUIET, _AURORA_SNAPSHOT, _AURORA_HOP, _aurora_new("copy")),
        copy=_AURORA_COPY, switch=_AURORA_SWITCH,
        needs=(*_AURORA_NEEDS, "rds:CopyDBClusterSnapshot")),
    Way("fresh", Effect.NEW_DK, Goes.ANY, (_AURORA_FRESH, Act("manual_fill")), switch=_AURORA_SWITCH,
        needs=("rds:CreateDBCluster", "rds:CreateDBInstance")),
    Way("naive", Effect.UNCHANGED, Goes.NEVER),
)  # fmt: skip
