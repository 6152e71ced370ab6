"""The tenants' role that rotates: the shipped policy is enough for every procedure and lets nothing else pass."""

import json

import pytest

from console.sandbox import process
from console.sandbox.seeding import rotation_policy

ZONE = {"AvailabilityZone": "eu-west-1a"}
WHOLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def keys(aws):
    """A CMK and a transit CMK of the central account, open to everybody."""
    kms = aws.client("kms")
    return [kms.create_key(Policy=json.dumps(WHOLE))["KeyMetadata"]["Arn"] for _ in range(2)]


@pytest.fixture(scope="module")
def role(aws):
    """Profile names of a tenant's administrator and of the role that rotates there, by a person of the central account."""
    account = aws.tenant("huurder")
    trusted = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "sts:AssumeRole"}
    iam = aws.client("iam", "huurder")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    arn = iam.create_role(RoleName="KmsConsoleRotate", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName="KmsConsoleRotate", PolicyName="rotate", PolicyDocument=rotation_policy())
    assert arn == f"arn:aws:iam::{account}:role/KmsConsoleRotate"
    aws.assume("draaier", arn)
    return "draaier"


def test_a_disk_is_rotated_with_no_other_right(aws, role, keys):
    """Snapshot, copy under the transit CMK, volume under the first: a new data key, all by the role."""
    key, transit = keys
    owner, ec2 = aws.client("ec2", "huurder"), aws.client("ec2", role)
    old = owner.create_volume(Size=1, Encrypted=True, KmsKeyId=key, **ZONE)["VolumeId"]
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "kms-console:run", "Value": "1"}]}]
    first = ec2.create_snapshot(VolumeId=old, TagSpecifications=tags)["SnapshotId"]
    wish = {"SourceRegion": "eu-west-1", "SourceSnapshotId": first, "Encrypted": True, "KmsKeyId": transit}
    second = ec2.copy_snapshot(**wish, TagSpecifications=tags)["SnapshotId"]
    new = ec2.create_volume(SnapshotId=second, Encrypted=True, KmsKeyId=key, **ZONE)["VolumeId"]
    known = {one["id"]: one for one in process.lineage(aws.running.folder)["volumes"]}
    assert known[new]["cmk"] == known[old]["cmk"] == key
    assert known[new]["data_key"] != known[old]["data_key"]
    ec2.delete_snapshot(SnapshotId=second)


def test_an_empty_disk_is_hung_beside_another_with_no_other_right(aws, role, keys):
    """A data key of its own by definition, on the owner's machine and off it again, without stopping that."""
    owner, ec2 = aws.client("ec2", "huurder"), aws.client("ec2", role)
    machine = owner.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, Placement={"AvailabilityZone": "eu-west-1a"}
    )["Instances"][0]["InstanceId"]  # fmt: skip
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "kms-console:run", "Value": "1"}]}]
    wish = {"Size": 1, "Encrypted": True, "KmsKeyId": keys[0], "TagSpecifications": tags}
    made = [ec2.create_volume(**wish, **ZONE)["VolumeId"] for _ in range(2)]
    known = {one["id"]: one["data_key"] for one in process.lineage(aws.running.folder)["volumes"]}
    assert len({known[each] for each in made} - {None}) == 2
    ec2.attach_volume(VolumeId=made[0], InstanceId=machine, Device="/dev/sdf")
    ec2.detach_volume(VolumeId=made[0])
    for each in made:
        ec2.delete_volume(VolumeId=each)


def test_an_object_and_a_secret_are_rotated_with_no_other_right(aws, role, keys):
    """CopyObject in place, and the same value put again."""
    owner, s3 = aws.client("s3", "huurder"), aws.client("s3", role)
    owner.create_bucket(Bucket="rol", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    wish = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": keys[0]}
    owner.put_object(Bucket="rol", Key="a", Body=b"1", **wish)
    s3.head_object(Bucket="rol", Key="a")
    s3.copy_object(Bucket="rol", Key="a", CopySource={"Bucket": "rol", "Key": "a"}, **wish)
    arn = aws.client("secretsmanager", "huurder").create_secret(Name="rol", SecretString="1", KmsKeyId=keys[0])["ARN"]
    vault = aws.client("secretsmanager", role)
    vault.put_secret_value(SecretId=arn, SecretString=vault.get_secret_value(SecretId=arn)["SecretString"])
    assert len(vault.list_secret_version_ids(SecretId=arn)["Versions"]) == 2


@pytest.mark.parametrize(
    ("service", "call", "params", "code"),
    [
        ("ec2", "terminate_instances", {"InstanceIds": ["i-1"]}, "UnauthorizedOperation"),
        ("ec2", "terminate_instances", {"InstanceIds": ["i-1"], "DryRun": True}, "UnauthorizedOperation"),
        ("ec2", "create_volume", {"Size": 1, "DryRun": True, **ZONE}, "DryRunOperation"),
        ("s3", "delete_bucket", {"Bucket": "b"}, "AccessDenied"),
        ("s3", "put_bucket_policy", {"Bucket": "b", "Policy": "{}"}, "AccessDenied"),
        ("s3", "delete_object", {"Bucket": "b", "Key": "a"}, "AccessDenied"),
        ("secretsmanager", "delete_secret", {"SecretId": "s"}, "AccessDeniedException"),
        ("kms", "disable_key", {"KeyId": "k"}, "AccessDeniedException"),
        ("iam", "create_user", {"UserName": "u"}, "AccessDenied"),
    ],
)
def test_what_a_rotation_never_does_is_refused(aws, role, refused, service, call, params, code):
    """Each service in its own words, a dry run too."""
    assert refused(getattr(aws.client(service, role), call), **params) == code


def test_the_estates_tenants_have_the_role(estate):
    """Every tenant that lets the console in has it, and the settings name it."""
    config = (estate.running.folder / "config.toml").read_text()
    assert 'act_role_arn = "arn:aws:iam::{account}:role/KmsConsoleRotate"' in config
    estate.assume("draaier", "arn:aws:iam::111122223333:role/KmsConsoleRotate")
    assert estate.client("ec2", "draaier").describe_volumes()["Volumes"]


def test_the_estate_holds_secrets_under_their_environments_cmk(estate):
    """Tagged as the volumes are, and each under the CMK that its alias names."""
    vault, kms = estate.client("secretsmanager", "agentschap-a"), estate.client("kms")
    [secret] = vault.list_secrets()["SecretList"]
    assert secret["Name"] == "agentschap-a/x/prod/databank"
    assert {one["Key"]: one["Value"] for one in secret["Tags"]} == {
        "afnemer": "Agentschap A",
        "toepassing": "X",
        "omgeving": "Productie",
    }
    assert secret["KmsKeyId"] == kms.describe_key(KeyId="alias/agentschap-a/x/prod")["KeyMetadata"]["Arn"]


def test_a_database_files_and_a_table_stand_under_their_environments_cmk(estate):
    """Each tells its CMK as its own service does, and each has a grant on it that names the resource."""
    kms = estate.client("kms")
    key = kms.describe_key(KeyId="alias/agentschap-wegen-en-water/sluisbeheer/prod")["KeyMetadata"]["Arn"]
    there = {name: estate.client(name, "agentschap-wegen-en-water") for name in ("rds", "efs", "dynamodb")}
    [database] = there["rds"].describe_db_instances()["DBInstances"]
    [files] = there["efs"].describe_file_systems()["FileSystems"]
    table = there["dynamodb"].describe_table(TableName="sluisstanden")["Table"]
    assert {database["KmsKeyId"], files["KmsKeyId"], table["SSEDescription"]["KMSMasterKeyArn"]} == {key}
    told = [one["Constraints"]["EncryptionContextSubset"] for one in kms.list_grants(KeyId=key)["Grants"]]
    assert {"aws:rds:db-id": database["DbiResourceId"]} in told
    assert {"aws:elasticfilesystem:filesystem:id": files["FileSystemId"]} in told
    assert {"aws:dynamodb:tableName": "sluisstanden", "aws:dynamodb:subscriberId": "222233334444"} in told
