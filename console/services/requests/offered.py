"""The AWS services that a CMK can be asked for: how KMS names them in a policy, and what each makes of an alias."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Service:
    """`via` is its name in kms:ViaService; `alias` the text key of what it makes of an alias of another account.

    `terraform` and `cli` say where the key's ARN goes; `{arn}` and `{region}` are filled in.
    """

    name: str
    via: str
    alias: str
    terraform: str
    cli: str


NO_ALIAS = "request.alias.unknown"

OFFERED: dict[str, Service] = {
    each.name: each
    for each in (
        Service(
            "ebs", "ec2", NO_ALIAS,
            'resource "aws_ebs_volume" "data" {{\n'
            '  availability_zone = "{region}a"\n  size              = 200\n  encrypted         = true\n'
            '  kms_key_id        = "{arn}"\n}}\n',
            "aws ec2 create-volume --region {region} --availability-zone {region}a --size 200 --volume-type gp3 \\\n"
            "  --encrypted --kms-key-id {arn}\n",
        ),
        Service(
            "s3", "s3", "request.alias.s3",
            'resource "aws_s3_bucket_server_side_encryption_configuration" "data" {{\n'
            "  bucket = aws_s3_bucket.data.id\n"
            "  rule {{\n    bucket_key_enabled = true\n    apply_server_side_encryption_by_default {{\n"
            '      sse_algorithm     = "aws:kms"\n      kms_master_key_id = "{arn}"\n    }}\n  }}\n}}\n',
            "aws s3api put-bucket-encryption --region {region} --bucket BUCKET \\\n"
            "  --server-side-encryption-configuration \\\n"
            '  \'{{"Rules":[{{"BucketKeyEnabled":true,"ApplyServerSideEncryptionByDefault":'
            '{{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"{arn}"}}}}]}}\'\n',
        ),
        Service(
            "rds", "rds", "request.alias.rds",
            'resource "aws_db_instance" "data" {{\n  # …\n  storage_encrypted = true\n'
            '  kms_key_id        = "{arn}"\n}}\n',
            "aws rds create-db-instance --region {region} --db-instance-identifier NAME --storage-encrypted \\\n"
            "  --kms-key-id {arn} …\n",
        ),
        Service(
            "efs", "elasticfilesystem", NO_ALIAS,
            'resource "aws_efs_file_system" "data" {{\n  encrypted  = true\n  kms_key_id = "{arn}"\n}}\n',
            "aws efs create-file-system --region {region} --encrypted --kms-key-id {arn}\n",
        ),
        Service(
            "dynamodb", "dynamodb", NO_ALIAS,
            'resource "aws_dynamodb_table" "data" {{\n  # …\n  server_side_encryption {{\n    enabled     = true\n'
            '    kms_key_arn = "{arn}"\n  }}\n}}\n',
            "aws dynamodb update-table --region {region} --table-name TABLE \\\n"
            "  --sse-specification Enabled=true,SSEType=KMS,KMSMasterKeyId={arn}\n",
        ),
        Service(
            "secretsmanager", "secretsmanager", NO_ALIAS,
            'resource "aws_secretsmanager_secret" "data" {{\n  name       = "NAME"\n  kms_key_id = "{arn}"\n}}\n',
            "aws secretsmanager create-secret --region {region} --name NAME --kms-key-id {arn}\n",
        ),
        Service(
            "sqs", "sqs", NO_ALIAS,
            'resource "aws_sqs_queue" "data" {{\n  kms_master_key_id = "{arn}"\n}}\n',
            "aws sqs create-queue --region {region} --queue-name NAME --attributes KmsMasterKeyId={arn}\n",
        ),
        Service(
            "redshift", "redshift", NO_ALIAS,
            'resource "aws_redshift_cluster" "data" {{\n  # …\n  encrypted  = true\n  kms_key_id = "{arn}"\n}}\n',
            "aws redshift modify-cluster --region {region} --cluster-identifier NAME --encrypted --kms-key-id {arn}\n",
        ),
        Service(
            "opensearch", "es", NO_ALIAS,
            'resource "aws_opensearch_domain" "data" {{\n  # …\n  encrypt_at_rest {{\n    enabled    = true\n'
            '    kms_key_id = "{arn}"\n  }}\n}}\n',
            "aws opensearch create-domain --region {region} --domain-name NAME \\\n"
            "  --encryption-at-rest-options Enabled=true,KmsKeyId={arn} …\n",
        ),
    )
}  # fmt: skip
"""By our own names. What RDS and S3 do with an alias is in their documentation; of the others it is not told."""

ALSO = {"ec2": "ebs", "elasticfilesystem": "efs", "secrets": "secretsmanager", "es": "opensearch"}
"""Other names that people give them."""


def named(word: str) -> str:
    """Our name for a service that somebody typed; '' for one that is not offered."""
    plain = word.strip().casefold()
    plain = ALSO.get(plain, plain)
    return plain if plain in OFFERED else ""


def via(services: Iterable[str], region: str) -> list[str]:
    """Values of kms:ViaService."""
    return [f"{OFFERED[name].via}.{region}.amazonaws.com" for name in services if name in OFFERED]
