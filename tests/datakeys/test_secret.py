"""What a scan of an account tells of its secrets: never their values."""

import pytest

from console.aws.refusals import AwsRefusal
from console.datakeys.secret import KIND
from store.harvest import Placement
from store.records import Granularity, Status

VALUE = "zeer geheim wachtwoord"


class Scene:
    """A tenant's account in one Region, and a CMK of ours that it may use."""

    def __init__(self, cloud, region, folder):
        self.cloud, self.region = cloud, region
        self.tenant = cloud.tenant("A")
        self.account = self.tenant.accounts[0]
        self.vault = cloud.client("secretsmanager", region, self.account)
        self.aws = cloud.aws(cloud.settings(folder, region, tenants=[self.tenant]))

    def key(self):
        made = self.cloud.cmk(self.region, "A", "X", "Productie")
        self.cloud.share(self.region, made["KeyId"], self.account)
        return made["Arn"]

    def secret(self, name="databank", key="", **tags):
        wish = {"Tags": [{"Key": one, "Value": value} for one, value in tags.items()]} | (
            {"KmsKeyId": key} if key else {}
        )
        return self.vault.create_secret(Name=name, SecretString=VALUE, **wish)["ARN"]

    def scan(self):
        (account,) = self.aws.accounts()
        return list(KIND.discover(account, self.region, lambda tags: Placement("A", tags.get("toepassing", ""))))


@pytest.fixture
def scene(cloud, here, tmp_path):
    return Scene(cloud, here, tmp_path)


def test_a_secret_is_one_data_key_under_its_cmk(scene):
    """As old as the version that readers get, placed by its tags, and known by the ARN that CloudTrail knows it by."""
    key = scene.key()
    arn = scene.secret(key=key, toepassing="X")
    (told,) = scene.scan()
    first = scene.vault.list_secret_version_ids(SecretId=arn)["Versions"][0]
    assert (told.kind, told.granularity, told.status) == ("secret", Granularity.SECRET, Status.ENCRYPTED)
    assert (told.resource_id, told.arn, told.name, told.key_ref) == (arn, arn, "databank", key)
    assert told.created_at == int(first["CreatedDate"].timestamp())
    assert dict(told.detail) == {"version": first["VersionId"], "version_keys": key}
    assert told.placement.application == "X"


def test_a_secret_without_a_key_of_its_own_is_under_aws_key(scene):
    """aws/secretsmanager is AWS's key, not ours and not none."""
    scene.secret()
    (told,) = scene.scan()
    assert (told.status, told.key_ref) == (Status.AWS_MANAGED, "")


def test_a_new_version_is_a_younger_data_key(scene):
    """The scan follows the label, not the secret's own date of birth."""
    arn = scene.secret(key=scene.key())
    new = scene.vault.put_secret_value(SecretId=arn, SecretString=VALUE)["VersionId"]
    (told,) = scene.scan()
    assert dict(told.detail)["version"] == new


def test_no_value_is_read(scene):
    """A scan asks for lists only."""
    scene.secret(key=scene.key())
    scene.cloud.forget()
    told = scene.scan()
    assert {name for name in scene.cloud.asked(scene.region) if "Secret" in name} == {
        "ListSecrets",
        "ListSecretVersionIds",
    }
    assert VALUE not in repr(told)


def test_versions_that_may_not_be_looked_at_cost_only_the_date(scene):
    """The secret and its CMK are told all the same."""
    scene.secret(key=scene.key())
    scene.cloud.fault("ListSecretVersionIds", scene.region)
    (told,) = scene.scan()
    assert (told.status, told.created_at, told.detail) == (Status.ENCRYPTED, None, ())


def test_secrets_that_may_not_be_listed_are_a_gap(scene):
    """Refused is not empty."""
    scene.cloud.fault("ListSecrets", scene.region)
    with pytest.raises(AwsRefusal) as caught:
        scene.scan()
    assert caught.value.denied


def test_a_copy_names_the_region_where_it_is_at_home(scene):
    """Its data key follows from a rotation there."""
    other = scene.cloud.region()
    arn = scene.secret()
    scene.vault.replicate_secret_to_regions(SecretId=arn, AddReplicaRegions=[{"Region": other}])
    home, scene.region = scene.region, other
    (told,) = scene.scan()
    assert dict(told.detail)["replica_of"] == home
