"""A secret gets another data key and keeps its value, its labels and its readers; AWS's side is the judge."""

import time
from dataclasses import replace

import pytest

from console.datakeys.routes import Effect
from console.errors import UsageError
from console.services.catalog import Catalog
from console.services.findings.judge import judge
from console.terms import AgePolicy, Terms
from store.findings import Findings, Wanted
from store.history import History
from store.records import Source
from store.run_records import RunStatus
from store.verdicts import Verdict, Verdicts
from tests.datakeys.turning import Turning
from tests.datakeys.vaults import VALUE, Vault


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@pytest.fixture
def vault(turning):
    made = Vault(turning)
    turning.sync()
    return made


def test_a_secret_gets_a_new_data_key_and_keeps_its_value(turning, vault):
    """Another version under the same CMK, another data key by AWS's own account of it; readers get the same."""
    old = vault.labels()["AWSCURRENT"]
    view = turning.rotate(vault.arn)
    (judged,) = turning.verdicts(view.run_id)
    new, known = vault.labels()["AWSCURRENT"], vault.judged()
    assert (judged.verdict, judged.reason) == (Verdict.PROVEN, "verdict.secret.new")
    assert known[new]["data_key"] not in {known[old]["data_key"], None}
    assert (known[new]["cmk"], known[new]["digest"]) == (turning.own, known[old]["digest"])
    assert vault.value() == VALUE
    assert vault.labels() == {"AWSCURRENT": new, "AWSPREVIOUS": old}
    assert len(known) == 2


@pytest.fixture
def seen(turning, vault):
    """What line, history and findings say of a secret that is older than it may be."""
    turning.settings = replace(turning.settings, terms=Terms(age=AgePolicy(default_days=1)))
    born = int(time.time()) - 9 * 86_400
    with turning.store.atomic() as connection:
        connection.execute("UPDATE data_key SET created_at = ? WHERE resource_id = ?", (born, vault.arn))
        connection.execute("UPDATE cmk SET oldest_data_key = ? WHERE arn = ?", (born, turning.own))
    judge(turning.store, turning.settings, int(time.time()))
    catalog = Catalog(turning.store, turning.settings)

    def look():
        node = catalog.node(catalog.find(vault.arn))
        happened = [event for event in History(turning.store).events(node.ref) if event.source is Source.EVIDENCE]
        rules = [found.rule for found in Findings(turning.store).window(Wanted())]
        return node.verdict, [(event.what, event.detail) for event in happened], rules.count("dk_too_old")

    return look


def test_what_was_proven_is_on_every_view_before_the_next_sync(turning, vault, seen):
    """Its line, its age, what happened and the findings follow the run at once; the sync after it changes none of that."""
    assert seen() == (None, [], 1)
    run = turning.rotate(vault.arn).run_id
    proven = Verdict.PROVEN, [("proven", run)], 0
    assert seen() == proven
    turning.sync()
    assert seen() == proven


def test_given_up_nothing_is_claimed_by_its_verdict(turning, vault, seen):
    """The secret is back under its old data key, and as old as before; what happened stays told, and on record."""
    run = turning.rotate(vault.arn).run_id
    turning.engine().abandon(run)
    assert seen() == (None, [("proven", run)], 1)
    assert [one.withdrawn for one in turning.verdicts(run)] == [True]
    assert Verdicts(turning.store).latest(vault.arn, turning.account, turning.region) is None
    turning.sync()
    assert seen()[0] is None


def test_a_binary_secret_stays_binary(turning):
    """Bytes that are no text come back as they were."""
    made = Vault(turning, SecretBinary=b"\x00\xff\xfe sleutel")
    turning.sync()
    view = turning.rotate(made.arn)
    assert turning.verdicts(view.run_id)[0].verdict is Verdict.PROVEN
    assert made.value() == b"\x00\xff\xfe sleutel"


def test_to_another_cmk_there_is_a_new_data_key_too(turning, vault):
    """UpdateSecret wraps the old under both; the new version stands under the new CMK alone."""
    view = turning.rotate(vault.arn, intended=turning.transit)
    (judged,) = turning.verdicts(view.run_id)
    known = vault.judged()
    new = vault.labels()["AWSCURRENT"]
    assert (judged.route, judged.verdict) == ("move", Verdict.PROVEN)
    assert known[new]["cmk"] == turning.transit
    assert len({one["data_key"] for one in known.values()}) == 2
    assert judged.facts["cmks_after"] == [turning.transit]


def test_the_naive_way_is_shown_as_what_it_is_and_refused(turning, vault):
    """UpdateSecret(KmsKeyId) re-wraps: AWS's side says so too, and nothing begins."""
    choice = turning.choice(vault.arn, turning.transit)
    effects = {route.name: route.effect for route in choice.routes}
    assert effects == {"put": Effect.NEW_DK, "move": Effect.NEW_DK, "update_key": Effect.REWRAP}
    with pytest.raises(UsageError, match=r"route\.unchanged"):
        choice.route("update_key")
    (before,) = vault.judged().values()
    vault.client.update_secret(SecretId=vault.arn, KmsKeyId=turning.transit)
    (after,) = vault.judged().values()
    assert (after["data_key"], after["cmk"]) == (before["data_key"], turning.transit)


def test_labels_of_people_go_along(turning, vault):
    """What hung beside AWSCURRENT hangs there again, a finished AWSPENDING too; what hung elsewhere stays."""
    first = vault.labels()["AWSCURRENT"]
    second = vault.put("nieuwer", VersionStages=["AWSCURRENT", "AWSPENDING", "productie"])
    vault.client.update_secret_version_stage(SecretId=vault.arn, VersionStage="archief", MoveToVersionId=first)
    turning.rotate(vault.arn)
    labels = vault.labels()
    new = labels.pop("AWSCURRENT")
    assert labels == {"AWSPENDING": new, "productie": new, "AWSPREVIOUS": second, "archief": first}


def test_before_the_end_all_labels_can_go_back(turning, vault):
    """Abandoned: each label where it was; the version made stays without one, because no call deletes it."""
    vault.put("nieuwer", VersionStages=["AWSCURRENT", "productie"])
    before = vault.labels()
    view = turning.rotate(vault.arn)
    turning.engine().abandon(view.run_id)
    assert vault.labels() == before
    assert vault.value() == "nieuwer"


def test_a_move_that_is_abandoned_goes_back_to_the_first_cmk(turning, vault):
    """The CMK of the secret is the one it had."""
    view = turning.rotate(vault.arn, intended=turning.transit)
    turning.engine().abandon(view.run_id)
    told = vault.client.describe_secret(SecretId=vault.arn)
    assert told["KmsKeyId"] == turning.own
    assert vault.value() == VALUE


def test_a_value_put_meanwhile_stays(turning, vault):
    """Between the copy and the swap somebody changes it: noticed, theirs is what readers get, nothing is recorded."""
    choice = turning.choice(vault.arn)
    engine = turning.engine()
    run = engine.start(turning.planner.wish(choice, choice.route("")))

    class Between:
        done = False

        def __call__(self, news):
            if news.label.endswith(".proof") and not self.done:
                self.done = bool(vault.put("van iemand anders"))

    view = engine.resume(run, Between())
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "secret.changed")
    assert vault.value() == "van iemand anders"
    turning.engine().abandon(run)
    assert vault.value() == "van iemand anders"
    assert set(vault.labels()) == {"AWSCURRENT", "AWSPREVIOUS"}


def test_an_automatic_rotation_under_way_is_waited_for(turning, vault):
    """A pending version would come after ours: the sentence says to let it end."""
    vault.put("straks", VersionStages=["AWSPENDING"])
    view = turning.rotate(vault.arn)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "secret.rotating")


def test_the_old_loses_its_label_by_an_explicit_act(turning, vault):
    """Too early is refused; then AWSPREVIOUS goes, and AWS may clear the version away. The value stays."""
    view = turning.rotate(vault.arn, answers=[{"confirm": "x/databank"}])
    assert view.run.reason.key == "rotation.kept"
    assert turning.in_time(view.run_id, confirm="x/databank").run.status is RunStatus.DONE
    assert set(vault.labels()) == {"AWSCURRENT"}
    assert vault.value() == VALUE


def test_a_cmk_that_is_off_is_said_before_anything_happens(turning, vault):
    """Nothing was put."""
    turning.cloud.client("kms", turning.region).disable_key(KeyId=turning.own)
    view = turning.rotate(vault.arn)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "rotation.cmk_unusable")
    assert len(vault.judged()) == 1


def test_a_cmk_disabled_in_the_middle_costs_nothing(turning, vault):
    """The new version cannot be made; on again, the same run ends as it should with one new version."""
    choice = turning.choice(vault.arn)
    engine = turning.engine()
    run = engine.start(turning.planner.wish(choice, choice.route("")))
    kms = turning.cloud.client("kms", turning.region)
    view = engine.resume(run, lambda news: news.label.endswith("secret_put") and kms.disable_key(KeyId=turning.own))
    assert view.run.status is RunStatus.FAILED
    kms.enable_key(KeyId=turning.own)
    turning.engine().resume(run)
    assert turning.verdicts(run)[0].verdict is Verdict.PROVEN
    assert (len(vault.judged()), vault.value()) == (2, VALUE)


def test_a_copy_and_a_service_s_own_secret_have_no_way(turning, vault):
    """A replica follows its primary; what a service made, it changes itself: both are said."""
    from dataclasses import replace

    from console.datakeys.secret import KIND

    subject = turning.choice(vault.arn).subject
    for detail, why in ((("replica_of", "eu-west-3"), "replica"), (("managed_by", "rds"), "managed")):
        routes = KIND.rotation.routes(replace(subject, detail=(detail,)))
        assert {route.refused for route in routes} == {f"route.secret.{why}", "route.unchanged"}


def test_copies_in_other_regions_are_waited_for_and_named(turning, vault):
    """The evidence names each Region; the run ends when AWS says that the copies have it."""
    other = turning.cloud.region()
    vault.client.replicate_secret_to_regions(SecretId=vault.arn, AddReplicaRegions=[{"Region": other}])
    view = turning.rotate(vault.arn)
    (judged,) = turning.verdicts(view.run_id)
    assert judged.facts["replicas"] == [other]
    assert view.run.status is RunStatus.WAITING
