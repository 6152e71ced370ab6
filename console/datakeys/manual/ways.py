"""What each service offers for a data key of its own, a row a route: what a person types, what it does, what proves it.

Effects are those of the services' own guides; `confirmed` is false where none says it and it only follows from what
they say. `proves` is true only where what an API tells afterwards cannot be so without a new data key; everywhere
else the verdict stays *unknown*, with what was read and what a person said.
"""

from __future__ import annotations

from console.datakeys.manual.acts import QUIET, Act, Goes, Proof, Way
from console.datakeys.manual.databases import AURORA, RDS
from console.datakeys.routes import Effect

_REDSHIFT_AWAIT = "aws redshift wait cluster-available --cluster-identifier {label}"


def _redshift(step: str, cmk: str) -> Act:
    changed = f"aws redshift modify-cluster --cluster-identifier {{label}} --encrypted --kms-key-id {{{cmk}}}"
    return Act(step, (changed, _REDSHIFT_AWAIT))


WAYS: dict[str, tuple[Way, ...]] = {
    "rds": RDS,
    "aurora": AURORA,
    "efs": (
        Way("replicate", Effect.NEW_DK, Goes.ANY, (
            Act("manual_new", (
                ("aws efs create-replication-configuration --source-file-system-id {label}"
                " --destinations Region={region},KmsKeyId={intended}"),
                "aws efs describe-replication-configurations --file-system-id {label}",
            ), ("new",)),
            QUIET,
            Act("manual_fill", ("aws efs delete-replication-configuration --source-file-system-id {label}",)),
        ), switch=("aws efs describe-mount-targets --file-system-id {label}",),
            needs=("elasticfilesystem:CreateReplicationConfiguration", "elasticfilesystem:CreateMountTarget")),
        Way("fresh", Effect.NEW_DK, Goes.ANY, (
            Act("manual_new", (
                "aws efs create-file-system --creation-token {made} --encrypted --kms-key-id {intended}",
            ), ("new",)),
            Act("manual_fill"),
        ), switch=("aws efs describe-mount-targets --file-system-id {label}",),
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
        ), proves=True, imported=True, confirmed=True, away=("aws dynamodb delete-table --table-name {label}",),
            needs=("dynamodb:ExportTableToPointInTime", "dynamodb:ImportTable", "dynamodb:CreateTable")),
        Way("restore", Effect.NEW_DK, Goes.ANY, (
            QUIET,
            Act("manual_new", (
                ("aws dynamodb restore-table-to-point-in-time --source-table-name {label} --target-table-name {new}"
                " --use-latest-restorable-time"
                " --sse-specification-override Enabled=true,SSEType=KMS,KMSMasterKeyId={intended}"),
                "aws dynamodb wait table-exists --table-name {new}",
            ), ("new",)),
        ), needs=("dynamodb:RestoreTableToPointInTime", "kms:CreateGrant")),
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
        ), needs=("es:CreateDomain", "kms:CreateGrant")),
        Way("naive", Effect.UNCHANGED, Goes.NEVER, confirmed=True),
    ),
    "fsx": (
        Way("fresh", Effect.NEW_DK, Goes.ANY, (
            Act("manual_new", (
                "aws fsx describe-file-systems --file-system-ids {label}",
                "aws fsx create-file-system --kms-key-id {intended} --cli-input-json file://{made}.json",
            ), ("new",)),
            Act("manual_fill"),
        ), needs=("fsx:CreateFileSystem",)),
        Way("backup", Effect.NEW_DK, Goes.MOVE, (
            QUIET,
            Act("manual_snapshot", ("aws fsx create-backup --file-system-id {label}",), ("snapshot",)),
            Act("manual_new", (
                "aws fsx describe-backups --backup-ids {snapshot}",
                "aws fsx describe-file-systems --file-system-ids {label}",
                ("aws fsx create-file-system-from-backup --backup-id {snapshot} --kms-key-id {intended}"
                " --cli-input-json file://{made}.json"),
            ), ("new",)),
        ), needs=("fsx:CreateBackup", "fsx:CreateFileSystemFromBackup")),
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
        ), needs=("backup:CreateBackupVault", "backup:StartCopyJob")),
        Way("naive", Effect.UNCHANGED, Goes.NEVER, confirmed=True),
    ),
}  # fmt: skip
"""By service, the recommended way first."""
