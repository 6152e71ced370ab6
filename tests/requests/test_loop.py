"""From wish to first use, between a tenant's console and an administrator's, each with a store of its own."""

import pytest

from console.errors import Busy, ConsoleError, Refused, UsageError
from console.workflows.first_use import evidence
from store.request_records import Act, Stand
from store.run_records import RunStatus
from tests.requests.ground import policy_of


def test_from_wish_to_first_use(ground):
    """Asked, asked back, answered, approved, made, handed over, seen in use; each side sees each move."""
    request = ground.owner.desk.submit(ground.wish())
    assert ground.admin.desk.fetch().moved == (request.id,)
    ground.admin.desk.move(request.id, Act.ASK, "welke data?")
    assert ground.owner.desk.fetch().moved == (request.id,)
    ground.owner.desk.move(request.id, Act.ANSWER, "klantgegevens")
    ground.admin.desk.move(request.id, Act.APPROVE)
    view = ground.admin.provision(request)
    assert view.run.status is RunStatus.DONE, view.run.reason
    ground.owner.desk.fetch()
    held = ground.owner.desk.find(request.id)
    assert held.stand is Stand.DELIVERED
    assert held.moves == ground.admin.desk.find(request.id).moves
    assert [held.fact("key_arn")] == ground.keys_of(request)
    seen = evidence(ground.owner.desk, ground.owner.aws(), held)
    ground.owner.desk.move(request.id, Act.CONFIRM, "", seen)
    ground.admin.desk.fetch()
    assert ground.admin.desk.find(request.id).stand is Stand.IN_USE


def test_the_cmk_is_what_was_asked_for(ground):
    """Tags in signs that AWS takes, the alias by the template, the rotation's period, and the policy for whom asked."""
    request = ground.approved("T&I", services="ebs,secretsmanager")
    ground.admin.provision(request)
    (arn,) = ground.keys_of(request)
    kms = ground.cloud.client("kms", ground.region)
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=arn)["Tags"]}
    assert (tags["afnemer"], tags["toepassing"], tags["omgeving"]) == ("Agentschap A", "X", "T+I")
    assert ground.aliases()["alias/agentschap-a/x/ti"] in arn
    status = kms.get_key_rotation_status(KeyId=arn)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)
    use = next(s for s in policy_of(ground, arn)["Statement"] if s["Sid"] == "TenantUseViaServices")
    assert use["Condition"]["StringEquals"]["kms:CallerAccount"] == ground.number
    names = [f"{name}.{ground.region}.amazonaws.com" for name in ("ec2", "secretsmanager")]
    assert use["Condition"]["StringEquals"]["kms:ViaService"] == names


def test_the_new_cmk_stands_in_the_trees_of_both(ground):
    """At the administrator's at once; at the tenant's with the hand-over, where anything fills that store."""
    import store.one_cmk
    from store.harvest import AccountFacts, Harvest
    from store.merge import merge

    for party in (ground.admin, ground.owner):
        merge(party.store, Harvest(accounts=(AccountFacts("999988887777"),)), 1)
    request = ground.approved()
    ground.admin.provision(request)
    (arn,) = ground.keys_of(request)
    assert arn.rpartition("/")[2] in ground.admin.tree()
    ground.owner.desk.fetch()
    assert arn.rpartition("/")[2] in ground.owner.tree()
    assert store.one_cmk.__doc__


def test_nobody_judges_their_own(ground):
    """Neither as administrator nor under another cap: the person counts."""
    request = ground.admin.desk.submit(ground.wish(ground.admin))
    for act in (Act.APPROVE, Act.REJECT, Act.ASK):
        with pytest.raises(Refused) as refused:
            ground.admin.desk.move(request.id, act, "ja")
        assert refused.value.key == "request.four_eyes"
    ground.colleague.desk.fetch()
    assert ground.colleague.desk.move(request.id, Act.APPROVE).stand is Stand.APPROVED


def test_an_owner_has_no_way_to_judge_or_make(ground):
    """Not by a move, not by a run that an administrator began in the same store."""
    request = ground.approved()
    ground.owner.desk.fetch()
    for act in (Act.APPROVE, Act.BEGIN, Act.DELIVER):
        with pytest.raises(ConsoleError):
            ground.owner.desk.move(request.id, act)
    from dataclasses import replace

    lanes = replace(ground.owner.settings, lanes=("central", "tenant"))
    thief = replace(ground.owner, settings=lanes)
    view = thief.provision(request)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "policy.role.approve")
    assert ground.keys_of(request) == []


def test_of_two_who_judge_at_once_one_wins_and_the_other_is_told(ground, monkeypatch):
    """Both have read the request; the colleague writes between the other's look and write."""
    request = ground.owner.desk.submit(ground.wish())
    ground.admin.desk.fetch()
    ground.colleague.desk.fetch()
    mine = ground.admin.desk
    before, calls = mine.exchange.put_new, []

    def late(key, body):
        if not calls:
            calls.append(key)
            ground.colleague.desk.move(request.id, Act.REJECT, "te vroeg")
        return before(key, body)

    monkeypatch.setattr(mine.exchange, "put_new", late)
    with pytest.raises(Busy) as told:
        mine.move(request.id, Act.APPROVE)
    assert told.value.key == "request.overtaken_by"
    ground.admin.desk.fetch()
    assert ground.admin.desk.find(request.id).stand is Stand.REJECTED
    with pytest.raises(UsageError) as late_again:
        ground.admin.desk.move(request.id, Act.APPROVE)
    assert late_again.value.key == "request.not_now.rejected"


def test_two_who_make_it_at_once_make_one(ground):
    """A colleague's console, with a store of its own, may not begin what another has begun; taken over, it finds it."""
    request = ground.approved()
    ground.colleague.desk.fetch()
    assert ground.admin.provision(request).run.status is RunStatus.DONE
    with pytest.raises(UsageError):
        ground.colleague.desk.begin(request.id, "otherrun22")
    assert len(ground.keys_of(request)) == 1


def test_what_was_begun_elsewhere_is_taken_over_only_when_said_so(ground):
    """The first console is gone after it made the CMK: the second finds that one by its tag."""
    from console.workflows.cmk_request import wish_of

    request = ground.approved()
    ground.cloud.fault("CreateAlias", ground.region)
    assert ground.admin.provision(request).run.status is RunStatus.FAILED
    ground.cloud.heal()
    ground.colleague.desk.fetch()
    refused = ground.colleague.provision(request)
    assert (refused.run.status, refused.run.reason.key) == (RunStatus.FAILED, "request.made_elsewhere")
    engine = ground.colleague.engine()
    told = ground.colleague.desk.find(request.id)
    view = engine.resume(engine.start(wish_of(told, ground.colleague.settings, take_over=True)))
    assert view.run.status is RunStatus.DONE, view.run.reason
    assert len(ground.keys_of(request)) == 1
    engine = ground.admin.engine()
    first = engine.list()[0].run_id
    assert engine.abandon(first).run.reason.key == "request.made_elsewhere"
    assert len(ground.keys_of(request)) == 1


def test_what_is_given_up_leaves_nothing(ground):
    """The alias goes and the CMK waits for its deletion, for nobody ever got it."""
    request = ground.approved()
    ground.cloud.fault("EnableKeyRotation", ground.region)
    view = ground.admin.provision(request)
    assert view.run.status is RunStatus.FAILED
    ground.cloud.heal()
    assert ground.admin.engine().abandon(view.run_id).run.status is RunStatus.ABANDONED
    assert ground.keys_of(request) == []
    assert "alias/agentschap-a/x/prod" not in ground.aliases()


def test_a_broken_road_keeps_the_request(ground):
    """What could not be sent is on record here, and goes with the next look."""
    ground.cloud.client("s3", ground.region).delete_bucket_policy(Bucket=ground.bucket)
    with pytest.raises(ConsoleError) as refused:
        ground.owner.desk.submit(ground.wish())
    assert refused.value.key == "exchange.denied"
    (held,) = ground.owner.desk.requests.all()
    assert held.sent == 0
    ground.open_bucket()
    ground.owner.desk.fetch()
    assert ground.admin.desk.fetch().moved == (held.id,)
