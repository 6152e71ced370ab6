"""What a person uses to move files, tables and clusters to another CMK: as AWS does it, refusals and all."""

import gzip
import json

import pytest

WHOLE = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
ALONE = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "kms:*", "Resource": "*"}


@pytest.fixture(scope="module")
def tenant(aws):
    aws.tenant("huurder")
    return lambda service: aws.client(service, "huurder")


def cmk(aws, statement):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def keys(aws):
    """Two CMKs of the central account that the tenant may use, and one that it may not."""
    return cmk(aws, WHOLE), cmk(aws, WHOLE), cmk(aws, ALONE)


@pytest.fixture
def files(tenant, keys, request):
    made = tenant("efs").create_file_system(CreationToken=request.node.name, Encrypted=True, KmsKeyId=keys[0])
    return made["FileSystemId"]


def replicated(efs, files, key):
    wish = [{"Region": "eu-west-1", "KmsKeyId": key}]
    return efs.create_replication_configuration(SourceFileSystemId=files, Destinations=wish)


def test_a_replica_stands_under_the_cmk_that_was_named(tenant, keys, files):
    """A file system of its own, told from either side."""
    efs = tenant("efs")
    made = replicated(efs, files, keys[1])["Destinations"][0]["FileSystemId"]
    (there,) = efs.describe_file_systems(FileSystemId=made)["FileSystems"]
    assert (there["Encrypted"], there["KmsKeyId"], there["LifeCycleState"]) == (True, keys[1], "available")
    for side in (files, made):
        (told,) = efs.describe_replication_configurations(FileSystemId=side)["Replications"]
        assert (told["SourceFileSystemId"], told["Destinations"][0]["Status"]) == (files, "ENABLED")


def test_neither_side_of_a_replication_can_go_before_it_ends(tenant, keys, files, refused):
    """One at a time, and not to itself; afterwards both are file systems like any other."""
    efs = tenant("efs")
    made = replicated(efs, files, keys[1])["Destinations"][0]["FileSystemId"]
    wish = [{"Region": "eu-west-1"}]
    assert (
        refused(efs.create_replication_configuration, SourceFileSystemId=made, Destinations=wish) == "ConflictException"
    )
    for side in (files, made):
        assert refused(efs.delete_file_system, FileSystemId=side) == "FileSystemInUse"
    efs.delete_replication_configuration(SourceFileSystemId=files)
    assert refused(efs.delete_replication_configuration, SourceFileSystemId=files) == "ReplicationNotFound"
    assert refused(efs.describe_replication_configurations, FileSystemId=made) == "ReplicationNotFound"
    for side in (files, made):
        efs.delete_file_system(FileSystemId=side)


def test_a_cmk_that_is_not_the_tenants_to_use_makes_nothing(tenant, keys, files, refused):
    """Each service asks the KMS on the caller's behalf, and leaves all as it was."""
    efs, fsx, redshift = tenant("efs"), tenant("fsx"), tenant("redshift")
    before = len(efs.describe_file_systems()["FileSystems"])
    assert refused(replicated, efs=efs, files=files, key=keys[2]) == "AccessDeniedException"
    assert len(efs.describe_file_systems()["FileSystems"]) == before
    lustre = {"FileSystemType": "LUSTRE", "StorageCapacity": 1200, "SubnetIds": ["subnet-12345678"]}
    source = fsx.create_file_system(KmsKeyId=keys[0], **lustre)["FileSystem"]["FileSystemId"]
    backup = fsx.create_backup(FileSystemId=source)["Backup"]["BackupId"]
    wish = {"BackupId": backup, "SubnetIds": ["subnet-12345678"], "KmsKeyId": keys[2]}
    assert refused(fsx.create_file_system_from_backup, **wish) == "AccessDeniedException"
    redshift.create_cluster(
        ClusterIdentifier="dicht", NodeType="ra3.xlplus", MasterUsername="beheer", Encrypted=True, KmsKeyId=keys[0],
        MasterUserPassword="Alleen-in-de-zandbak1",
    )  # fmt: skip
    assert refused(redshift.modify_cluster, ClusterIdentifier="dicht", KmsKeyId=keys[2]) == "AccessDeniedException"
    assert redshift.describe_clusters(ClusterIdentifier="dicht")["Clusters"][0]["KmsKeyId"] == keys[0]


def test_a_file_system_made_of_a_back_up_is_like_its_source_and_outlives_it(tenant, keys):
    """Under the CMK that is named, else under its source's; the source may be gone by then."""
    fsx = tenant("fsx")
    lustre = {"FileSystemType": "LUSTRE", "StorageCapacity": 2400, "SubnetIds": ["subnet-12345678"]}
    source = fsx.create_file_system(KmsKeyId=keys[0], **lustre)["FileSystem"]["FileSystemId"]
    backup = fsx.create_backup(FileSystemId=source)["Backup"]
    assert (backup["Lifecycle"], backup["KmsKeyId"]) == ("AVAILABLE", keys[0])
    fsx.delete_file_system(FileSystemId=source)
    wish = {"BackupId": backup["BackupId"], "SubnetIds": ["subnet-12345678"]}
    same = fsx.create_file_system_from_backup(**wish)["FileSystem"]
    other = fsx.create_file_system_from_backup(**wish, KmsKeyId=keys[1])["FileSystem"]
    assert [(one["KmsKeyId"], one["StorageCapacity"]) for one in (same, other)] == [(keys[0], 2400), (keys[1], 2400)]
    (told,) = fsx.describe_file_systems(FileSystemIds=[other["FileSystemId"]])["FileSystems"]
    assert (told["Lifecycle"], told["KmsKeyId"]) == ("AVAILABLE", keys[1])


def test_what_is_not_there_is_refused_by_name(tenant, refused):
    """FSx has a word for each; silence would be taken for an answer."""
    fsx = tenant("fsx")
    assert refused(fsx.describe_file_systems, FileSystemIds=["fs-0123456789abcdef0"]) == "FileSystemNotFound"
    assert refused(fsx.describe_backups, BackupIds=["backup-0123456789abcdef0"]) == "BackupNotFound"


def table(dynamodb, name, key):
    dynamodb.create_table(
        TableName=name, KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )  # fmt: skip
    dynamodb.put_item(TableName=name, Item={"a": {"S": "1"}})


def key_of(dynamodb, name):
    return dynamodb.describe_table(TableName=name)["Table"]["SSEDescription"]["KMSMasterKeyArn"]


def test_a_table_is_restored_only_with_recovery_and_under_the_cmk_that_is_asked(tenant, keys, refused):
    """Else under the CMK of its source."""
    dynamodb = tenant("dynamodb")
    table(dynamodb, "bron", keys[0])
    wish = {"SourceTableName": "bron", "UseLatestRestorableTime": True}
    code = refused(dynamodb.restore_table_to_point_in_time, TargetTableName="te-vroeg", **wish)
    assert code == "PointInTimeRecoveryUnavailableException"
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="bron", PointInTimeRecoverySpecification=recovery)
    dynamodb.restore_table_to_point_in_time(TargetTableName="zelfde", **wish)
    override = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": keys[1]}
    dynamodb.restore_table_to_point_in_time(TargetTableName="ander", SSESpecificationOverride=override, **wish)
    assert (key_of(dynamodb, "zelfde"), key_of(dynamodb, "ander")) == (keys[0], keys[1])


def test_an_import_tells_what_it_could_not_take(tenant, keys):
    """Lines that are no items are counted and make it fail; the table stays, with what could be read."""
    dynamodb, s3 = tenant("dynamodb"), tenant("s3")
    s3.create_bucket(Bucket="invoer", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    lines = b'{"Item": {"a": {"S": "1"}}}\ngeen item\n'
    s3.put_object(Bucket="invoer", Key="map/1.json.gz", Body=gzip.compress(lines))
    made = dynamodb.import_table(
        S3BucketSource={"S3Bucket": "invoer", "S3KeyPrefix": "map/"}, InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={
            "TableName": "ingevoerd", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST",
            "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": keys[1]},
        },
    )["ImportTableDescription"]  # fmt: skip
    assert (made["ImportStatus"], made["ImportedItemCount"], made["ErrorCount"]) == ("FAILED", 1, 1)
    assert key_of(dynamodb, "ingevoerd") == keys[1]
    (told,) = dynamodb.list_imports(TableArn=made["TableArn"])["ImportSummaryList"]
    assert (told["ImportArn"], told["ImportStatus"]) == (made["ImportArn"], "FAILED")
