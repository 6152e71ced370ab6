"""The services whose data keys a person moves by hand, a row each: what to ask, which field tells what.

Field names are those of botocore's models, the encryption of each that of its own guide. Ids and ARNs have the very
form in which a service names the resource when it uses a CMK (`console.services.trail_resources`), so that what a
scan, a grant and CloudTrail tell is of one resource.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from store.records import Granularity


@dataclass(frozen=True, slots=True)
class Listed:
    """A call that lists: its method, the key of its answer, entries a page; `paged`: botocore has a paginator."""

    method: str
    key: str
    size: int = 0
    paged: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """A call about one: by which parameter, and the key of its answer; `many`: both are lists, of so many at most.

    `name` is the field of an entry that gives the parameter; '' where a listing holds bare names. `more` are
    parameters that are always the same.
    """

    method: str
    parameter: str
    key: str
    many: int = 0
    more: tuple[tuple[str, Any], ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """One row. Fields are names in an entry, dotted where nested; an `arn` with braces is a form to fill.

    `label` is how a person's commands name the resource, `sealed` the flag that says whether it is encrypted at all
    ('' : it always is), `created` its birth ('' : its data key is not as old as it), `bulk` the type by which
    GetResources gives tags that entries do not hold. Entries with a field `part_of` belong to another resource; those
    with none of `holds` hold no data. `spare` IAM actions are needed for tags alone.
    """

    name: str
    client: str
    granularity: Granularity
    listed: Listed
    one: Told
    id: str
    arn: str
    label: str
    key: str
    actions: tuple[str, ...]
    then: Told | None = None
    title: str = ""
    sealed: str = ""
    created: str = ""
    tags: str = ""
    bulk: str = ""
    tagged: Told | None = None
    part_of: str = ""
    holds: str = ""
    state: str = ""
    ready: tuple[str, ...] = ()
    detail: tuple[tuple[str, str], ...] = ()
    spare: tuple[str, ...] = field(default=())


_TABLE = Told("describe_table", "TableName", "Table")
_QUEUE = Told("get_queue_attributes", "QueueUrl", "Attributes", more=(("AttributeNames", ("All",)),))
_DOMAIN = Told("describe_domains", "DomainNames", "DomainStatusList", many=5, name="DomainName")

SERVICES = (
    Service(
        "rds", "rds", Granularity.DATABASE, Listed("describe_db_instances", "DBInstances", 100),
        Told("describe_db_instances", "DBInstanceIdentifier", "DBInstances"), "DbiResourceId", "DBInstanceArn",
        "DBInstanceIdentifier", "KmsKeyId", ("rds:DescribeDBInstances",), sealed="StorageEncrypted",
        created="InstanceCreateTime", tags="TagList", part_of="DBClusterIdentifier", state="DBInstanceStatus",
        ready=("available",),
        detail=(("state", "DBInstanceStatus"), ("engine", "Engine"), ("type", "DBInstanceClass"),
                ("size_gib", "AllocatedStorage")),
    ),
    Service(
        "aurora", "rds", Granularity.DATABASE, Listed("describe_db_clusters", "DBClusters", 100),
        Told("describe_db_clusters", "DBClusterIdentifier", "DBClusters"), "DbClusterResourceId", "DBClusterArn",
        "DBClusterIdentifier", "KmsKeyId", ("rds:DescribeDBClusters",), sealed="StorageEncrypted",
        created="ClusterCreateTime", tags="TagList", state="Status", ready=("available",),
        detail=(("state", "Status"), ("engine", "Engine")),
    ),
    Service(
        "efs", "efs", Granularity.FILESYSTEM, Listed("describe_file_systems", "FileSystems", 100),
        Told("describe_file_systems", "FileSystemId", "FileSystems"), "FileSystemId", "FileSystemArn", "FileSystemId",
        "KmsKeyId", ("elasticfilesystem:DescribeFileSystems",), title="Name", sealed="Encrypted",
        created="CreationTime", tags="Tags", state="LifeCycleState", ready=("available",),
        detail=(("state", "LifeCycleState"), ("type", "PerformanceMode")),
    ),
    Service(
        "dynamodb", "dynamodb", Granularity.TABLE, Listed("list_tables", "TableNames", 100), _TABLE, "TableArn",
        "TableArn", "TableName", "SSEDescription.KMSMasterKeyArn", ("dynamodb:ListTables", "dynamodb:DescribeTable"),
        then=_TABLE, created="CreationDateTime", bulk="dynamodb:table",
        tagged=Told("list_tags_of_resource", "ResourceArn", "Tags"), state="TableStatus", ready=("ACTIVE",),
        detail=(("state", "TableStatus"), ("type", "SSEDescription.SSEType")),
        spare=("dynamodb:ListTagsOfResource",),
    ),
    Service(
        "redshift", "redshift", Granularity.DATABASE, Listed("describe_clusters", "Clusters", 100),
        Told("describe_clusters", "ClusterIdentifier", "Clusters"),
        "arn:{partition}:redshift:{region}:{account}:cluster:{label}",
        "arn:{partition}:redshift:{region}:{account}:cluster:{label}", "ClusterIdentifier", "KmsKeyId",
        ("redshift:DescribeClusters",), sealed="Encrypted", created="ClusterCreateTime", tags="Tags",
        state="ClusterStatus", ready=("available",),
        detail=(("state", "ClusterStatus"), ("type", "NodeType")),
    ),
    Service(
        "sqs", "sqs", Granularity.RESOURCE, Listed("list_queues", "QueueUrls", 1000), _QUEUE, "QueueArn", "QueueArn",
        "QueueName", "KmsMasterKeyId", ("sqs:ListQueues", "sqs:GetQueueAttributes"), then=_QUEUE,
        sealed="SqsManagedSseEnabled", bulk="sqs", tagged=Told("list_queue_tags", "QueueUrl", "Tags", name="QueueUrl"),
        detail=(("reuse_seconds", "KmsDataKeyReusePeriodSeconds"),), spare=("sqs:ListQueueTags",),
    ),
    Service(
        "opensearch", "opensearch", Granularity.RESOURCE, Listed("list_domain_names", "DomainNames", paged=False),
        _DOMAIN, "ARN", "ARN", "DomainName", "EncryptionAtRestOptions.KmsKeyId",
        ("es:ListDomainNames", "es:DescribeDomains"), then=_DOMAIN, sealed="EncryptionAtRestOptions.Enabled",
        tagged=Told("list_tags", "ARN", "TagList"), detail=(("engine", "EngineVersion"),), spare=("es:ListTags",),
    ),
    Service(
        "fsx", "fsx", Granularity.FILESYSTEM, Listed("describe_file_systems", "FileSystems", 100),
        Told("describe_file_systems", "FileSystemIds", "FileSystems", many=1), "FileSystemId", "ResourceARN",
        "FileSystemId", "KmsKeyId", ("fsx:DescribeFileSystems",), title="Tags", created="CreationTime", tags="Tags",
        state="Lifecycle", ready=("AVAILABLE",),
        detail=(("state", "Lifecycle"), ("type", "FileSystemType"), ("size_gib", "StorageCapacity")),
    ),
    Service(
        "backup", "backup", Granularity.RESOURCE, Listed("list_backup_vaults", "BackupVaultList", 100),
        Told("describe_backup_vault", "BackupVaultName", ""), "BackupVaultArn", "BackupVaultArn", "BackupVaultName",
        "EncryptionKeyArn", ("backup:ListBackupVaults",), bulk="backup:backup-vault",
        tagged=Told("list_tags", "ResourceArn", "Tags"), holds="NumberOfRecoveryPoints",
        detail=(("recovery_points", "NumberOfRecoveryPoints"), ("type", "VaultType")), spare=("backup:ListTags",),
    ),
)  # fmt: skip
"""Every service that is guided by hand."""


def service_of(name: str) -> Service:
    """The row of that name."""
    return next(row for row in SERVICES if row.name == name)
