"""How an estate grows: keys, machines and buckets made by the calls that people make, as their account."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import console.aws
from console.sandbox.accounts import CENTRAL
from console.sandbox.agencies import WRITTEN, Agency, alias, slug
from console.sandbox.client import Clients
from console.sandbox.folder import REGION
from console.text.paths import tenant_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from console.sandbox.world import World

ROLE = "KmsConsoleRead"
EXCHANGE = "kms-exchange"
ROTATE = "KmsConsoleRotate"
PASSAGE = "alias/kmsaas/doorgang"
ADMINISTRATORS = "KmsAdmin"
SERVICES = ("ec2", "s3", "rds", "elasticfilesystem", "dynamodb", "secretsmanager")
IMAGE = "ami-0d71ea30463e0ff8d"
ZONE = f"{REGION}a"
PURPOSES = ("documenten", "bijlagen", "logs", "exports", "archief", "back-up", "scans", "metadata")


class Seeder:
    """Makes things in the world's present; whoever holds it moves the clock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls = Clients(world, REGION)
        self.keys: dict[tuple[str, str, str], str] = {}
        self.volumes: dict[tuple[str, str, str], list[str]] = {}

    def found(self) -> None:
        """The central account, its administrators' role and its organization."""
        self.act_as(CENTRAL)
        self._role(ADMINISTRATORS, CENTRAL)
        self.calls.organizations.create_organization(FeatureSet="ALL")

    def join(self, agency: Agency) -> None:
        """An account of the organization, with the roles by which the console reads it and acts in it."""
        self.act_as(CENTRAL)
        self.world.accounts.open(agency.name, agency.account)
        self.calls.organizations.create_account(AccountName=agency.name, Email=f"aws@{agency.slug}.example")
        self.act_as(agency.account)
        trusted = agency.account if agency.refuses else CENTRAL
        self._role(ROLE, trusted)
        with chance_of_its_own(f"{ROTATE} {agency.name}"):
            self._role(ROTATE, trusted)
        self.calls.iam.put_role_policy(RoleName=ROTATE, PolicyName="rotate", PolicyDocument=rotation_policy())

    def key(self, agency: Agency, application: str, environment: str, **wishes: Any) -> str:
        """A tagged CMK with yearly rotation and its alias; its ARN."""
        self.act_as(CENTRAL)
        arn = self.bare_key(
            f"{agency.name} / {application} / {environment}",
            policy=key_policy(agency.account),
            Tags=[{"TagKey": k, "TagValue": v} for k, v in place(agency.name, application, environment).items()],
        )
        self.calls.kms("EnableKeyRotation", KeyId=arn, **wishes)
        self.calls.kms("CreateAlias", AliasName=alias(agency.name, application, environment), TargetKeyId=arn)
        self.keys[agency.name, application, environment] = arn
        return arn

    def bare_key(self, description: str, *, policy: str | None = None, **params: Any) -> str:
        self.act_as(CENTRAL)
        named = {"Policy": policy} if policy else {}
        made = self.calls.kms("CreateKey", Description=description, **named, **params)
        return str(made["KeyMetadata"]["Arn"])

    def own_key(self, agency: Agency, description: str) -> str:
        """A key that the tenant made in its own account; its ARN."""
        self.act_as(agency.account)
        made = self.calls.kms("CreateKey", Description=description)
        return str(made["KeyMetadata"]["Arn"])

    def central(self, operation: str, **params: Any) -> dict[str, Any]:
        """Any KMS call of the central administrators."""
        self.act_as(CENTRAL)
        return self.calls.kms(operation, **params)

    def machine(self, agency: Agency, name: str, tags: dict[str, str], key: str | None) -> None:
        """An instance with an encrypted root and data volume; `key` None means the account's `aws/ebs`."""
        self.act_as(agency.account)
        made = self.calls.ec2.run_instances(
            ImageId=IMAGE,
            InstanceType="m5.large",
            MinCount=1,
            MaxCount=1,
            Placement={"AvailabilityZone": ZONE},
            BlockDeviceMappings=[_device("/dev/sda1", 30, key), _device("/dev/sdf", 200, key)],
            TagSpecifications=[_tagged("instance", {**tags, "Name": name}), _tagged("volume", tags)],
        )["Instances"][0]
        for device in made["BlockDeviceMappings"]:
            kind = "root" if device["DeviceName"] == "/dev/sda1" else "data"
            volume = device["Ebs"]["VolumeId"]
            self.name(volume, f"{name}-{kind}")
            if kind == "data":
                self.volumes.setdefault(tuple(tags.values()), []).append(volume)  # type: ignore[arg-type]

    def name(self, resource: str, name: str) -> None:
        self.calls.ec2.create_tags(Resources=[resource], Tags=[{"Key": "Name", "Value": name}])

    def volume(self, agency: Agency, name: str, tags: dict[str, str], **params: Any) -> str:
        self.act_as(agency.account)
        made = self.calls.ec2.create_volume(
            AvailabilityZone=ZONE,
            VolumeType="gp3",
            TagSpecifications=[_tagged("volume", {**tags, "Name": name})],
            **params,
        )
        return str(made["VolumeId"])

    def snapshot(self, agency: Agency, volume: str, tags: dict[str, str], description: str = "") -> str:
        self.act_as(agency.account)
        made = self.calls.ec2.create_snapshot(
            VolumeId=volume, Description=description, TagSpecifications=[_tagged("snapshot", tags)]
        )
        return str(made["SnapshotId"])

    def bucket(self, agency: Agency, name: str, tags: dict[str, str], key: str | None, *, bucket_key: bool) -> None:
        """A bucket with an object; `key` None leaves S3's own encryption."""
        self.act_as(agency.account)
        s3 = self.calls.s3
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if key is not None:
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
            rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs(tags)})
        s3.put_object(Bucket=name, Key="LEESMIJ.txt", Body=f"Voorbeeld in {name}.\n".encode())

    def exchange(self, cast: Iterable[Agency]) -> None:
        """The central account's exchange bucket under the bucket policy that ships, with a folder for each tenant.

        Its encryption is S3's own: a key for it would be one more CMK in everybody's tree.
        """
        self.act_as(CENTRAL)
        s3 = self.calls.s3
        s3.create_bucket(Bucket=EXCHANGE, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=EXCHANGE, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_policy(Bucket=EXCHANGE, Policy=exchange_policy(cast))

    def passage(self, cast: Iterable[Agency]) -> None:
        """The CMK that data of every tenant passes under on its way to a new data key; it belongs to no environment."""
        accounts = [agency.account for agency in cast]
        arn = self.bare_key("doorgang voor sleutelrotatie", policy=key_policy(*accounts))
        self.calls.kms("EnableKeyRotation", KeyId=arn)
        self.calls.kms("CreateAlias", AliasName=PASSAGE, TargetKeyId=arn)

    def secret(self, agency: Agency, name: str, tags: dict[str, str], key: str, value: str) -> None:
        self.act_as(agency.account)
        self.calls.of("secretsmanager").create_secret(
            Name=name, SecretString=value, KmsKeyId=key, Tags=pairs(tags), ClientRequestToken=value[-36:]
        )

    def grant(self, service: str, key: str, context: dict[str, str]) -> None:
        """The grant by which a service goes on using a key for a resource, as long as the resource lives."""
        assert self.calls.account is not None  # noqa: S101 - whoever made the resource is acting
        caller = replace(self.calls.account.administrator, service=f"{service}.amazonaws.com")
        params = {
            "KeyId": key,
            "GranteePrincipal": f"{service}.{REGION}.amazonaws.com",
            "RetiringPrincipal": f"{service}.{REGION}.amazonaws.com",
            "Operations": ["Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey"],
            "Constraints": {"EncryptionContextSubset": context},
        }
        self.world.kms.call(caller, REGION, "CreateGrant", params)

    def _role(self, name: str, trusted: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{trusted}:root"},
            "Action": "sts:AssumeRole",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.calls.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)

    def act_as(self, account: str) -> None:
        self.calls.account = self.world.accounts.by_id[account]


def place(tenant: str, application: str, environment: str) -> dict[str, str]:
    """The three tags by which everything finds its place, in characters that AWS allows."""
    return {"afnemer": tenant, "toepassing": application, "omgeving": WRITTEN.get(environment, environment)}


def bucket_name(agency: Agency, application: str, environment: str, number: int) -> str:
    base = alias(agency.name, application, environment).removeprefix("alias/").replace("/", "-")
    return f"{base}-{PURPOSES[number % len(PURPOSES)]}"


def machine_name(application: str, number: int) -> str:
    return f"web-{number}" if application == "X" else f"{slug(application)}-{number}"


@cache
def rotation_policy() -> str:
    """The policy that ships for the tenants' role that rotates data keys, for this central account."""
    shipped = Path(__file__).parents[1] / "aws" / "policies" / "tenant-rotate.json"
    return shipped.read_text(encoding="utf-8").replace("CENTRAL_ACCOUNT_ID", CENTRAL)


def key_policy(tenant: str, *guests: str) -> str:
    """Administered centrally, used by the tenant's account (and those of `guests`) through AWS services only."""
    services = [f"{service}.{REGION}.amazonaws.com" for service in SERVICES]
    roots = [f"arn:aws:iam::{account}:root" for account in (tenant, *guests)]
    root: dict[str, Any] = {"AWS": roots if guests else roots[0]}
    callers = [tenant, *guests] if guests else tenant
    statements: list[dict[str, Any]] = [
        _allow("CentralAccount", {"AWS": f"arn:aws:iam::{CENTRAL}:root"}, "kms:*"),
        _allow(
            "KeyAdmins",
            {"AWS": f"arn:aws:iam::{CENTRAL}:role/{ADMINISTRATORS}"},
            "kms:Describe*", "kms:Get*", "kms:List*", "kms:EnableKeyRotation", "kms:RotateKeyOnDemand",
            "kms:TagResource", "kms:UntagResource", "kms:PutKeyPolicy", "kms:CreateAlias", "kms:UpdateAlias",
            "kms:EnableKey", "kms:DisableKey",
        ),
        _allow(
            "TenantUseViaServices",
            {"AWS": "*"},
            "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey",
            condition={"StringEquals": {"kms:CallerAccount": callers, "kms:ViaService": services}},
        ),
        _allow(
            "TenantGrantsForServices",
            root,
            "kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant",
            condition={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        _allow("TenantReadState", root, "kms:DescribeKey", "kms:GetKeyRotationStatus"),
    ]  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def exchange_policy(cast: Iterable[Agency]) -> str:
    """console/aws/policies/exchange-bucket-policy.json, filled in: its last three statements for each tenant."""
    text = (Path(console.aws.__file__).parent / "policies" / "exchange-bucket-policy.json").read_text()
    shipped = json.loads(text.replace("BUCKET", EXCHANGE))
    general, own = shipped["Statement"][:-3], json.dumps(shipped["Statement"][-3:])
    statements = list(general)
    for agency in cast:
        folder = tenant_folder(agency.name)
        statements += json.loads(own.replace("TENANT_ACCOUNT", agency.account).replace("TENANT_FOLDER", folder))
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _allow(
    sid: str, principal: dict[str, Any], *actions: str, condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*"}
    return statement | ({"Condition": condition} if condition else {})


def _device(name: str, size: int, key: str | None) -> dict[str, Any]:
    disk: dict[str, Any] = {"VolumeSize": size, "VolumeType": "gp3", "Encrypted": True}
    return {"DeviceName": name, "Ebs": disk | ({"KmsKeyId": key} if key else {})}


def _tagged(resource: str, tags: dict[str, str]) -> dict[str, Any]:
    return {"ResourceType": resource, "Tags": pairs(tags)}


def pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@contextmanager
def chance_of_its_own(name: str) -> Iterator[str]:
    """A stream of ids by this name, so that what is planted changes no other id; a first id of it."""
    from moto.moto_api._internal import mock_random

    before = mock_random.getstate()
    mock_random.seed(name)
    try:
        yield str(mock_random.uuid4())
    finally:
        mock_random.setstate(before)
