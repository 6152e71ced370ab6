"""What each service offers for a data key of its own, a row a route: what a person types, what it does, what proves it.

Effects are those of the services' own guides; `confirmed` is false where none says it and it only follows from what
they say. `proves` is true only where what an API tells afterwards cannot be so without a new data key; everywhere
else the verdict stays *unknown*, with what was read and what a person said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from console.datakeys.manual.services import Told
from console.datakeys.routes import Effect


class Goes(StrEnum):
    """When a route applies: to another CMK, back under the same one by way of the transit CMK, both, or never."""

    MOVE = "move"
    TRANSIT = "transit"
    ANY = "any"
    NEVER = "never"


class Proof(StrEnum):
    """What is read afterwards: another resource, the same one, or a queue that gets data keys by itself."""

    OTHER = "other"
    SAME = "same"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a person: the step's name, the commands to run (braces are filled, quoted), and which names they give
    to what they made (`new` is the resource that takes the old one's place).
    """

    step: str
    commands: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One route. `copy` reads what `gives` as `copy`: under which CMK it is, and of what it was made.

    `imported`: AWS must tell of an import into it that is complete. `away` are the commands that remove the old;
    `needs` the IAM actions of whoever runs it all.
    """

    name: str
    effect: Effect
    goes: Goes
    acts: tuple[Act, ...] = ()
    proof: Proof = Proof.OTHER
    proves: bool = False
    imported: bool = False
    confirmed: bool = False
    copy: Told | None = None
    switch: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    needs: tuple[str, ...] = field(default=())


QUIET = Act("manual_quiet")
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
_RDS_AWAY = (
    "aws rds delete-db-instance --db-instance-identifier {label} --skip-final-snapshot",
    "aws rds describe-db-snapshots --db-instance-identifier {label}",
)
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
_AURORA_AWAY = (
    "aws rds delete-db-cluster --db-cluster-identifier {label} --skip-final-snapshot",
    "aws rds describe-db-cluster-snapshots --db-cluster-identifier {label}",
)
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

_EFS_AWAY = ("aws efs delete-file-system --file-system-id {label}",)
_DYNAMO_AWAY = ("aws dynamodb delete-table --table-name {label}",)
_REDSHIFT_AWAIT = "aws redshift wait cluster-available --cluster-identifier {label}"


def _redshift(step: str, cmk: str) -> Act:
    changed = f"aws redshift modify-cluster --cluster-identifier {{label}} --encrypted --kms-key-id {{{cmk}}}"
    return Act(step, (changed, _REDSHIFT_AWAIT))


WAYS: dict[str, tuple[Way, ...]] = {
    "rds": (
        Way("move", Effect.NEW_DK, Goes.MOVE, (QUIET, _RDS_SNAPSHOT, _rds_copy("manual_copy", "snapshot", "copy",
            "intended"), _RDS_NEW), copy=_RDS_COPY, switch=_RDS_SWITCH, away=_RDS_AWAY, needs=_RDS_NEEDS),
        Way("transit", Effect.NEW_DK, Goes.TRANSIT, (QUIET, _RDS_SNAPSHOT, _rds_copy("manual_hop", "snapshot", "hop",
            "transit"), _rds_copy("manual_copy", "hop", "copy", "intended"), _RDS_NEW), copy=_RDS_COPY,
            switch=_RDS_SWITCH, away=_RDS_AWAY, needs=_RDS_NEEDS),
        Way("fresh", Effect.NEW_DK, Goes.ANY, (_RDS_FRESH, Act("manual_fill")), switch=_RDS_SWITCH, away=_RDS_AWAY,
            needs=("rds:CreateDBInstance", "kms:CreateGrant")),
        Way("naive", Effect.UNCHANGED, Goes.NEVER),
    ),
    "aurora": (
        Way("move", Effect.NEW_DK, Goes.MOVE, (QUIET, _AURORA_SNAPSHOT, _aurora_new("snapshot")),
            switch=_AURORA_SWITCH, away=_AURORA_AWAY, needs=_AURORA_NEEDS),
        Way("transit", Effect.NEW_DK, Goes.TRANSIT, (QUIET, _AURORA_SNAPSHOT, _AURORA_HOP, _aurora_new("copy")),
            copy=_AURORA_COPY, switch=_AURORA_SWITCH, away=_AURORA_AWAY,
            needs=(*_AURORA_NEEDS, "rds:CopyDBClusterSnapshot")),
        Way("fresh", Effect.NEW_DK, Goes.ANY, (_AURORA_FRESH, Act("manual_fill")), switch=_AURORA_SWITCH,
            away=_AURORA_AWAY, needs=("rds:CreateDBCluster", "rds:CreateDBInstance")),
        Way("naive", Effect.UNCHANGED, Goes.NEVER),
    ),
    "efs": (
        Way("replicate", Effect.NEW_DK, Goes.ANY, (
            Act("manual_new", (
                ("aws efs create-replication-configuration --source-file-system-id {label}"
                " --destinations Region={region},KmsKeyId={intended}"),
                "aws efs describe-replication-configurations --file-system-id {label}",
            ), ("new",)),
            QUIET,
            Act("manual_fill", ("aws efs delete-replication-configuration --source-file-system-id {label}",)),
        ), switch=("aws efs describe-mount-targets --file-system-id {label}",), away=_EFS_AWAY,
            needs=("elasticfilesystem:CreateReplicationConfiguration", "elasticfilesystem:CreateMountTarget")),
        Way("fresh", Effect.NEW_DK, Goes.ANY, (
            Act("manual_new", (
                "aws efs create-file-system --creation-token {made} --encrypted --kms-key-id {intended}",
            ), ("new",)),
            Act("manual_fill"),
        ), switch=("aws efs describe-mount-targets --file-system-id {label}",), away=_EFS_AWAY,
            needs=("elasticfilesystem:CreateFileSystem", "elasticfilesystem:CreateMountTarget")),
    ),
    "dynamodb": (
        Way("import", Effect.NEW_DK, Goes.ANY, (
            Act("manual_snapshot", (
                ("aws dynamodb export-table-to-point-in-time --table-arn {arn} --s3-bucket BUCKET"
                " --s3-sse-algorithm KMS --s3-sse-kms-key-id {intended}"),
            ), ("snapshot",)),
            Act("manual_new", (
                "aws dynamodb wait export-completed --export-arn {snapshot}",
                "aws dynamodb describe-table --table-name {label}",
                ("aws dynamodb import-table --s3-bucket-source S3Bucket=BUCKET,S3KeyPrefix=AWSDynamoDB/{export}/data/"
                " --input-format DYNAMODB_JSON --input-compression-type GZIP"
                " --table-creation-parameters file://{new}.json"),
            ), ("new",)),
        ), proves=True, imported=True, confirmed=True, away=_DYNAMO_AWAY,
            needs=("dynamodb:ExportTableToPointInTime", "dynamodb:ImportTable", "dynamodb:CreateTable")),
        Way("restore", Effect.NEW_DK, Goes.ANY, (
            QUIET,
            Act("manual_new", (
                ("aws dynamodb restore-table-to-point-in-time --source-table-name {label} --target-table-name {new}"
                " --use-latest-restorable-time"
                " --sse-specification-override Enabled=true,SSEType=KMS,KMSMasterKeyId={intended}"),
                "aws dynamodb wait table-exists --table-name {new}",
            ), ("new",)),
        ), away=_DYNAMO_AWAY, needs=("dynamodb:RestoreTableToPointInTime", "kms:CreateGrant")),
        Way("key", Effect.REWRAP, Goes.NEVER, confirmed=True),
    ),
    "redshift": (
        Way("move", Effect.NEW_DK, Goes.MOVE, (_redshift("manual_turn", "intended"),), proof=Proof.SAME,
            confirmed=True, needs=("redshift:ModifyCluster", "kms:CreateGrant")),
        Way("transit", Effect.NEW_DK, Goes.TRANSIT, (_redshift("manual_hop", "transit"),
            _redshift("manual_turn", "intended")), proof=Proof.SAME, needs=("redshift:ModifyCluster",)),
        Way("turn", Effect.REWRAP, Goes.NEVER),
    ),
    "sqs": (
        Way("drain", Effect.NEW_DK, Goes.ANY, (
            Act("manual_turn", (
                ("aws sqs set-queue-attributes --queue-url {url}"
                " --attributes KmsMasterKeyId={intended},KmsDataKeyReusePeriodSeconds=60"),
            )),
            Act("manual_fill", ("aws sqs get-queue-attributes --queue-url {url} --attribute-names All",)),
        ), proof=Proof.QUEUE, proves=True, confirmed=True, needs=("sqs:SetQueueAttributes", "sqs:ReceiveMessage")),
    ),
    "opensearch": (
        Way("fresh", Effect.NEW_DK, Goes.ANY, (
            Act("manual_new", (
                "aws opensearch describe-domain --domain-name {label}",
                ("aws opensearch create-domain --domain-name {new} --encryption-at-rest-options"
                " Enabled=true,KmsKeyId={intended} --cli-input-json file://{new}.json"),
            ), ("new",)),
            Act("manual_fill"),
        ), away=("aws opensearch delete-domain --domain-name {label}",),
            needs=("es:CreateDomain", "kms:CreateGrant")),
        Way("naive", Effect.UNCHANGED, Goes.NEVER, confirmed=True),
    ),
    "fsx": (
        Way("fresh", Effect.NEW_DK, Goes.ANY, (
            Act("manual_new", (
                "aws fsx describe-file-systems --file-system-ids {label}",
                "aws fsx create-file-system --kms-key-id {intended} --cli-input-json file://{made}.json",
            ), ("new",)),
            Act("manual_fill"),
        ), away=("aws fsx delete-file-system --file-system-id {label}",), needs=("fsx:CreateFileSystem",)),
        Way("backup", Effect.NEW_DK, Goes.MOVE, (
            QUIET,
            Act("manual_snapshot", ("aws fsx create-backup --file-system-id {label}",), ("snapshot",)),
            Act("manual_new", (
                "aws fsx describe-backups --backup-ids {snapshot}",
                "aws fsx describe-file-systems --file-system-ids {label}",
                ("aws fsx create-file-system-from-backup --backup-id {snapshot} --kms-key-id {intended}"
                " --cli-input-json file://{made}.json"),
            ), ("new",)),
        ), away=("aws fsx delete-file-system --file-system-id {label}",),
            needs=("fsx:CreateBackup", "fsx:CreateFileSystemFromBackup")),
        Way("naive", Effect.UNCHANGED, Goes.NEVER),
    ),
    "backup": (
        Way("copy", Effect.NEW_DK, Goes.MOVE, (
            Act("manual_new", (
                ("aws backup create-backup-vault --backup-vault-name {new}"
                " --encryption-key-arn {intended}"),
            ), ("new",)),
            Act("manual_fill", (
                "aws backup list-recovery-points-by-backup-vault --backup-vault-name {label}",
                ("aws backup start-copy-job --recovery-point-arn ARN --source-backup-vault-name {label}"
                " --destination-backup-vault-arn {newarn} --iam-role-arn ROLE"),
            )),
        ), away=("aws backup delete-backup-vault --backup-vault-name {label}",),
            needs=("backup:CreateBackupVault", "backup:StartCopyJob")),
        Way("naive", Effect.UNCHANGED, Goes.NEVER, confirmed=True),
    ),
}  # fmt: skip
"""By service, the recommended way first."""
