"""What a scan of an account tells of databases, file systems, tables, queues and vaults, whichever service holds them."""

import json

import pytest

from console.aws.refusals import AwsRefusal
from console.datakeys import KINDS, wanted
from console.datakeys.manual import SERVICES, ManualKind
from console.errors import UsageError
from console.services.catalog import Catalog
from console.services.grants import sightings
from console.text import Text
from store.harvest import Placement
from store.records import Granularity, Status
from tests.datakeys.holdings import Holdings
from tests.datakeys.turning import Turning


@pytest.fixture
def scene(cloud, here, tmp_path):
    return Scene(cloud, here, tmp_path)


class Scene:
    """A tenant's account in one Region, with one of everything under a CMK of ours."""

    def __init__(self, cloud, region, folder):
        self.cloud, self.region = cloud, region
        self.tenant = cloud.tenant("A")
        self.account = self.tenant.accounts[0]
        self.key = cloud.cmk(region, "A", "X", "Productie")["Arn"]
        cloud.share(region, self.key.rpartition("/")[2], self.account)
        self.holdings = Holdings(cloud, region, self.account, {"toepassing": "X"})
        self.aws = cloud.aws(cloud.settings(folder, region, tenants=[self.tenant]))

    def scan(self, name):
        (account,) = self.aws.accounts()
        kind = next(kind for kind in KINDS if kind.name == name)
        told = list(kind.discover(account, self.region, lambda tags: Placement("A", tags.get("toepassing", ""))))
        refusals = [part for part in told if isinstance(part, AwsRefusal)]
        return [fact for fact in told if fact not in refusals], refusals


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_service_tells_its_cmk_and_its_place(scene, service):
    """By its own fields, whatever their names: CMK, ARN, granularity, and the place of its tags."""
    scene.holdings.make(service.name, scene.key)
    (told,), refusals = scene.scan(service.name)
    assert refusals == []
    assert (told.kind, told.granularity, told.key_ref) == (service.name, service.granularity, scene.key)
    assert (told.status, told.placement.application) == (Status.ENCRYPTED, "X")
    assert told.arn.startswith("arn:aws:")
    assert scene.account in told.arn


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_an_account_without_it_is_empty(scene, service):
    """Nothing is something too: the slice is complete."""
    assert scene.scan(service.name) == ([], [])


@pytest.mark.parametrize(
    ("name", "status"),
    [("rds", Status.UNENCRYPTED), ("efs", Status.UNENCRYPTED), ("dynamodb", Status.AWS_MANAGED),
     ("redshift", Status.UNENCRYPTED), ("sqs", Status.AWS_MANAGED)],
)  # fmt: skip
def test_what_stands_under_no_cmk_says_under_what_then(scene, name, status):
    """A table always has a key of AWS's, a database without one is plainly unencrypted."""
    scene.holdings.make(name, "")
    (told,), _ = scene.scan(name)
    assert (told.status, told.key_ref) == (status, "")


def test_an_instance_of_a_cluster_is_not_told_twice(scene):
    """The cluster holds the data key; its instances are no database of their own."""
    scene.holdings.make("aurora", scene.key)
    scene.holdings.client("rds").create_db_instance(
        DBInstanceIdentifier="lid", DBClusterIdentifier="cluster", Engine="aurora-postgresql",
        DBInstanceClass="db.r5.large",
    )  # fmt: skip
    assert scene.scan("rds") == ([], [])
    assert len(scene.scan("aurora")[0]) == 1


def test_an_empty_vault_under_nobody_s_cmk_is_no_data_key(scene):
    """AWS Backup makes such a vault by itself; under a CMK of ours it counts, for what it will hold."""
    scene.holdings.client("backup").create_backup_vault(BackupVaultName="leeg")
    assert scene.scan("backup") == ([], [])


@pytest.mark.parametrize("name", ["dynamodb", "sqs"])
def test_tags_are_asked_of_each_when_bulk_is_refused(scene, name):
    """tag:GetResources is a saving, not a condition."""
    scene.holdings.make(name, scene.key)
    scene.cloud.fault("GetResources", scene.region)
    (told,), refusals = scene.scan(name)
    assert (told.placement.application, refusals) == ("X", [])


def test_one_table_that_refuses_does_not_hide_the_others(scene):
    """Its refusal names it; the rest is told."""
    scene.holdings.make("dynamodb", scene.key)
    scene.holdings.table("geheim", scene.key)
    scene.cloud.fault("DescribeTable", scene.region, match="geheim")
    facts, (refusal,) = scene.scan("dynamodb")
    assert [fact.name for fact in facts] == ["tabel"]
    assert (refusal.code, refusal.message.partition(":")[0]) == ("AccessDeniedException", "geheim")


def test_a_service_that_may_not_be_looked_at_is_a_gap_of_its_own(scene, store, tmp_path):
    """The others are read as ever."""
    from console.services.sync import Sync

    scene.holdings.make("efs", scene.key)
    scene.cloud.fault("DescribeDBInstances", scene.region)
    settings = scene.cloud.settings(tmp_path, scene.region, tenants=[scene.tenant])
    summary = Sync(settings, store, scene.cloud.aws(settings), KINDS).run()
    assert [(gap.part.what, gap.code) for gap in summary.gaps] == [("rds", "AccessDeniedException")]
    assert summary.data_keys == 1


def test_settings_choose_which_services_are_read():
    """All where nothing is said; a name that nobody has is refused with those that there are."""
    assert [kind.name for kind in wanted(("efs", "ebs"))] == ["ebs", "efs"]
    assert wanted(()) == KINDS
    with pytest.raises(UsageError) as caught:
        wanted(("glacier",))
    assert "efs" in caught.value.values["allowed"]


CONTEXTS = {
    "rds": lambda fact: {"aws:rds:db-id": fact.resource_id},
    "aurora": lambda fact: {"aws:rds:dbc-id": fact.resource_id},
    "efs": lambda fact: {"aws:elasticfilesystem:filesystem:id": fact.resource_id},
    "dynamodb": lambda fact: {
        "aws:dynamodb:tableName": fact.name, "aws:dynamodb:subscriberId": fact.account_id,
    },
    "redshift": lambda fact: {"aws:redshift:arn": fact.resource_id},
    "sqs": lambda fact: {"aws:sqs:arn": fact.resource_id},
    "backup": lambda fact: {"aws:backup:source-resource": "arn:aws:ec2:x:y:volume/vol-1",
                            "aws:backup:backup-vault": fact.name},
}  # fmt: skip
"""What each service puts in the encryption context of its uses, for the same resource."""


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_grant_and_a_scan_tell_of_one_resource(scene, name):
    """Same kind, same id, so that the two become one data key and not two."""
    scene.holdings.make(name, scene.key)
    (fact,), _ = scene.scan(name)
    grant = {
        "GranteePrincipal": f"arn:aws:iam::{scene.account}:root",
        "Constraints": {"EncryptionContextSubset": CONTEXTS[name](fact)},
    }
    (seen,) = sightings(scene.key, scene.region, [grant], 1)
    assert (seen.resource.kind, seen.resource.resource_id) == (name, fact.resource_id)
    assert seen.resource.granularity == fact.granularity


def test_what_a_grant_told_first_a_scan_takes_over(cloud, tmp_path):
    """The same row, now with name, place and source of the scan; never a second one."""
    turning = Turning(cloud, cloud.real_region(), tmp_path)
    held = Holdings(cloud, turning.region, turning.account, {"afnemer": "Agentschap A", "toepassing": "X"})
    made = held.make("efs", turning.own)
    cloud.client("kms", turning.region).create_grant(
        KeyId=turning.own, GranteePrincipal=f"arn:aws:iam::{turning.account}:root", Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"aws:elasticfilesystem:filesystem:id": made}},
    )  # fmt: skip
    turning.sync()
    catalog = Catalog(turning.store, turning.settings)
    key = catalog.cmks.data_key(catalog.find(made).id)
    assert (key.facts.source, key.facts.granularity) == ("scan", Granularity.FILESYSTEM)
    assert key.path[:2] == ("Agentschap A", "X")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_kind_has_a_name_for_people(lang):
    """What a sync could not see is never told by its key."""
    assert [kind.name for kind in KINDS if not Text(lang).has(f"slice.{kind.name}")] == []


def test_a_kind_of_a_service_is_a_row_and_not_a_class():
    """Every row of the table is a kind by itself, with probes for every action that its scan needs."""
    manual = [kind for kind in KINDS if isinstance(kind, ManualKind)]
    assert [kind.name for kind in manual] == [service.name for service in SERVICES]
    for kind, service in zip(manual, SERVICES, strict=True):
        assert set(kind.probes) == {*service.actions, *service.spare}
        assert json.dumps(sorted(kind.spare))
