"""What a sync cannot see becomes a gap; what was known stays; the rest goes on."""

import pytest

from console.aws import session
from console.datakeys import KINDS
from console.errors import AwsUnreachable, Busy, ConsoleError, CredentialsExpired, CredentialsMissing, UsageError
from console.reports.gaps import gap_lines
from console.services.lock import exclusive
from console.services.sync import Sync
from console.text import Text
from store.cmks import Cmks
from store.records import unseen
from store.syncs import Syncs
from tests.clouds import CENTRAL


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Faults here last: trying again would only take time."""
    monkeypatch.setattr(session, "ATTEMPTS", 1)
    monkeypatch.setattr(session, "BRISK", 1)


def synced(cloud, settings, store, **options):
    return Sync(settings, store, cloud.aws(settings), KINDS).run(**options)


def cmk(store, made):
    (found,) = Cmks(store).by_key(made["Arn"])
    return found


def test_a_policy_that_may_not_be_read_leaves_the_rest_of_the_key(cloud, here, store, tmp_path):
    """One refused facet of one key is a gap that names the call; key and siblings are read."""
    one, two = (cloud.cmk(here, "A", "X", name) for name in ("Productie", "Dev"))
    cloud.fault("GetKeyPolicy", here, match=one["KeyId"])
    (gap,) = synced(cloud, cloud.settings(tmp_path, here), store).gaps
    assert (gap.part.account_id, gap.part.region, gap.part.what) == (CENTRAL, here, "cmk.policy")
    assert gap.code == "AccessDeniedException"
    assert (cmk(store, one).facts.policy, cmk(store, one).facts.state) == (None, "Enabled")
    assert cmk(store, two).facts.policy


def test_a_healed_gap_is_gone(cloud, here, store, tmp_path):
    """A facet that was refused is asked for again each time, and its gap ends with the refusal."""
    made = cloud.cmk(here, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, here)
    cloud.fault("GetKeyPolicy", here)
    synced(cloud, settings, store)
    cloud.heal()
    assert synced(cloud, settings, store).gaps == ()
    assert Syncs(store).gaps() == []
    assert cmk(store, made).facts.policy


def test_a_key_that_may_not_be_described_keeps_what_is_known(cloud, here, store, tmp_path):
    """The state and dates of the last time stay, and their age shows that they are old."""
    made = cloud.cmk(here, "A", "X", "Productie", Description="bekend")
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    cloud.fault("DescribeKey", here)
    (gap,) = synced(cloud, settings, store).gaps
    assert gap.part.what == "cmk.metadata"
    assert (cmk(store, made).facts.description, cmk(store, made).facts.state) == ("bekend", "Enabled")


def test_a_region_that_fails_stays_as_it_was_marked_stale(cloud, store, tmp_path):
    """One Region that cannot list its keys does not stop the other; its keys stay, as stale."""
    good, bad = cloud.region(), cloud.region()
    known = cloud.cmk(bad, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, good, bad)
    synced(cloud, settings, store)
    new = cloud.cmk(good, "A", "X", "Dev")
    cloud.fault("ListKeys", bad, "KMSInternalException", status=500)
    (gap,) = synced(cloud, settings, store).gaps
    assert (gap.part.region, gap.part.what) == (bad, "cmk")
    assert cmk(store, known).stale
    assert not cmk(store, new).stale
    cloud.heal()
    synced(cloud, settings, store)
    assert not cmk(store, known).stale


def test_a_region_that_is_switched_off_is_a_gap(cloud, store, tmp_path):
    """It knows nobody's credentials; that they are good elsewhere is known by then, whichever comes first."""
    good, off = cloud.region(), cloud.region()
    made = cloud.cmk(good, "A", "X", "Productie")
    for operation in ("ListKeys", "GetCallerIdentity"):
        cloud.fault(operation, off, "UnrecognizedClientException")
    for regions in ((good, off), (off, good)):
        (gap,) = synced(cloud, cloud.settings(tmp_path, *regions), store).gaps
        assert (gap.part.region, gap.part.what) == (off, "cmk")
    assert cmk(store, made).facts.state == "Enabled"


def test_tags_that_nobody_may_read_move_no_known_key(cloud, here, store, tmp_path):
    """A lost permission must not empty the tree: placement stays, and the gap says why it is stale."""
    made = cloud.cmk(here, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    for operation in ("GetResources", "ListResourceTags"):
        cloud.fault(operation, here)
    (gap,) = synced(cloud, settings, store).gaps
    assert gap.part.what == "cmk"
    assert cmk(store, made).path == ("A", "X", "Productie")
    assert cmk(store, made).stale


def test_a_tenant_that_refuses_is_a_gap_for_each_kind(cloud, here, store, tmp_path):
    """AssumeRole refused: nothing more is asked of that account, the other tenant is read."""
    closed, open_ = cloud.tenant("Dicht", role=False), cloud.tenant("Open")
    cloud.client("ec2", here, open_.accounts[0]).create_volume(AvailabilityZone=f"{here}a", Size=1)
    summary = synced(cloud, cloud.settings(tmp_path, here, tenants=[closed, open_]), store)
    assert {(gap.tenant, gap.part.what, gap.code) for gap in summary.gaps} == {
        ("Dicht", kind.name, "AccessDenied") for kind in KINDS if kind.probes
    }
    assert summary.data_keys == 1


def test_an_account_that_is_shut_is_one_thing_not_seen(cloud, store, tmp_path):
    """Counted and told once, whatever was to be read there in however many Regions; a refused service is its own."""
    regions = [cloud.region(), cloud.region()]
    closed, open_ = cloud.tenant("Dicht", role=False), cloud.tenant("Open")
    cloud.fault("DescribeVolumes", regions[0], "UnauthorizedOperation")
    gaps = synced(cloud, cloud.settings(tmp_path, *regions, tenants=[closed, open_]), store).gaps
    assert len(gaps) > len(regions) * 2
    assert unseen(Syncs(store).gaps()) == unseen(gaps) == Syncs(store).health().gaps == 2
    shut, refused = [line for _, line in gap_lines(Syncs(store).gaps(), Text("en"))]
    assert shut.startswith(f"Not seen: all of account {closed.accounts[0]} of Dicht, ")
    assert "UnauthorizedOperation" in refused


def test_a_tenant_without_role_or_profile_is_a_gap(cloud, here, store, tmp_path):
    """Settings that give no way in are told as such."""
    from dataclasses import replace

    tenant = replace(cloud.tenant("A", role=False), role_arn="")
    summary = synced(cloud, cloud.settings(tmp_path, here, tenants=[tenant]), store)
    assert {(gap.code, gap.shut) for gap in summary.gaps} == {("NoRole", True)}


def test_only_the_named_tenant_is_read(cloud, here, store, tmp_path):
    """`--tenant` reads its accounts and leaves CMKs and other tenants as they are."""
    tenants = [cloud.tenant("A"), cloud.tenant("B")]
    made = cloud.cmk(here, "A", "X", "Productie")
    for tenant in tenants:
        cloud.client("ec2", here, tenant.accounts[0]).create_volume(AvailabilityZone=f"{here}a", Size=1)
    settings = cloud.settings(tmp_path, here, tenants=tenants)
    assert synced(cloud, settings, store).data_keys == 2
    for tenant in tenants:
        cloud.client("ec2", here, tenant.accounts[0]).create_volume(AvailabilityZone=f"{here}a", Size=1)
    cloud.forget()
    summary = synced(cloud, settings, store, tenant="B")
    assert (summary.data_keys, summary.changed, summary.gaps) == (2, 1, ())
    assert "DescribeKey" not in cloud.asked(here)
    assert cmk(store, made).facts.state == "Enabled"


def test_an_unknown_tenant_is_a_usage_error(cloud, here, store, tmp_path):
    """The one who mistypes a name is told the names."""
    with pytest.raises(UsageError) as caught:
        synced(cloud, cloud.settings(tmp_path, here, tenants=[cloud.tenant("A")]), store, tenant="a")
    assert caught.value.key == "usage.tenant"
    assert caught.value.values["known"] == "A"


def test_expired_credentials_end_the_sync_and_change_nothing(cloud, here, store, tmp_path):
    """Half an answer is no answer: the run has failed, the state is the one before."""
    made = cloud.cmk(here, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    cloud.client("kms", here).disable_key(KeyId=made["KeyId"])
    cloud.fault("DescribeKey", here, "ExpiredTokenException")
    with pytest.raises(CredentialsExpired):
        synced(cloud, settings, store)
    assert cmk(store, made).facts.state == "Enabled"
    last = Syncs(store).last()
    assert (last.state, last.message) == ("failed", "aws.credentials_expired")


def test_unknown_credentials_say_so(cloud, here, store, tmp_path, monkeypatch):
    """Keys that AWS does not know are a matter of credentials, not a gap."""
    (tmp_path / "credentials").write_text(
        "[wrong]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    with pytest.raises(CredentialsMissing):
        synced(cloud, cloud.settings(tmp_path, here, profile="wrong"), store)


def test_no_credentials_at_all_say_so(cloud, here, store, tmp_path, monkeypatch):
    """Neither environment nor file nor machine has any."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(CredentialsMissing):
        synced(cloud, cloud.settings(tmp_path, here, profile=""), store)
    with pytest.raises(CredentialsMissing):
        synced(cloud, cloud.settings(tmp_path, here, profile="nobody"), store)


def test_a_refusal_at_the_door_is_an_error_with_a_text(cloud, here, store, tmp_path):
    """AWS itself is out of order: the one who waits reads a sentence, not a trace."""
    cloud.fault("GetCallerIdentity", here, "InternalFailure", status=500)
    with pytest.raises(AwsUnreachable) as caught:
        synced(cloud, cloud.settings(tmp_path, here), store)
    assert (caught.value.key, caught.value.values["code"]) == ("aws.refused", "InternalFailure")


def test_no_network_says_so_and_changes_nothing(cloud, here, store, tmp_path):
    """Nobody listens at the endpoint: the run has failed, with the reason."""
    with pytest.raises(AwsUnreachable):
        synced(cloud, cloud.settings(tmp_path, here, endpoint_url="http://127.0.0.1:9"), store)
    assert Syncs(store).last().message == "aws.unreachable"


def test_credentials_of_another_account_are_refused(cloud, here, store, tmp_path):
    """A sync with the wrong profile must not replace one estate by another."""
    with pytest.raises(ConsoleError) as caught:
        synced(cloud, cloud.settings(tmp_path, here, central_account="000000000042"), store)
    assert caught.value.key == "aws.wrong_account"
    assert caught.value.values["account"] == CENTRAL


def test_two_syncs_at_once_are_refused(cloud, here, store, tmp_path):
    """The second is told that one is at work; the lock ends with its holder."""
    settings = cloud.settings(tmp_path, here)
    with exclusive(store.path), pytest.raises(Busy):
        synced(cloud, settings, store)
    assert synced(cloud, settings, store).gaps == ()


def test_an_interrupted_sync_leaves_the_state_and_says_so(cloud, here, store, tmp_path):
    """Ctrl+C while reading: the run is marked, the state is the one before, the next sync completes."""
    made = cloud.cmk(here, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    cloud.client("kms", here).disable_key(KeyId=made["KeyId"])

    cloud.interrupt("DescribeKey", here)
    with pytest.raises(KeyboardInterrupt):
        synced(cloud, settings, store)
    assert Syncs(store).last().state == "interrupted"
    assert cmk(store, made).facts.state == "Enabled"
    cloud.heal()
    synced(cloud, settings, store)
    assert cmk(store, made).facts.state == "Disabled"


def test_throttling_is_waited_out(cloud, here, store, tmp_path, monkeypatch):
    """AWS complains a few times; the sync slows down and still sees everything."""
    monkeypatch.setattr(session, "ATTEMPTS", 6)
    made = [cloud.cmk(here, "A", "X", f"O{number}") for number in range(4)]
    cloud.fault("GetKeyPolicy", here, "ThrottlingException", times=3)
    settings = cloud.settings(tmp_path, here)
    aws = cloud.aws(settings)
    summary = Sync(settings, store, aws, KINDS).run()
    assert summary.gaps == ()
    assert aws.pace.throttled == 3
    assert all(cmk(store, metadata).facts.policy for metadata in made)


def test_half_a_list_is_no_list(cloud, here, store, tmp_path):
    """An answer that was cut off is none, not an empty list: what was known is kept, and the gap is told."""
    from tests.faults import faults
    from tests.faults.proxy import standing_before

    tenant = cloud.tenant("A")
    secrets = cloud.client("secretsmanager", here, tenant.accounts[0])
    secrets.create_secret(Name="databank", SecretString="geheim")
    synced(cloud, cloud.settings(tmp_path, here, tenants=[tenant]), store)
    with standing_before(cloud.endpoint) as proxy:
        proxy.fail(faults.TRUNCATED, of="secretsmanager.ListSecrets")
        summary = synced(cloud, cloud.settings(tmp_path, here, tenants=[tenant], endpoint_url=proxy.url), store)
    assert [gap.part.what for gap in summary.gaps] == ["secret"]
    assert summary.data_keys == 0
