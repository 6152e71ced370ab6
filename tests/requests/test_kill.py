"""A request whose console is killed at any moment: exactly one CMK, one alias, one judgement, and nothing lost."""

import sys

import pytest

from console.workflows.cmk_request import wish_of
from store.request_records import Act, Stand
from tests.kill.killer import Killer, chance


def tick():
    """One more moment at which a child may die."""


def _ticking(owner, name):
    inner = getattr(owner, name)

    def wrapped(*args, **rest):
        sys.modules[__name__].tick()
        try:
            return inner(*args, **rest)
        finally:
            sys.modules[__name__].tick()

    setattr(owner, name, wrapped)


def _services(config, store, *words):
    """A console of this configuration, dying also around every write of requests and of the tree."""
    import console.workflows.cmk_request
    import console.workflows.requesting as requesting
    from console.assembly import assemble
    from console.settings import load
    from store.requests import Requests

    console.workflows.cmk_request.LOOKS = (0.0,)
    for name in ("append", "adopt", "add", "note_sent", "note_letter"):
        _ticking(Requests, name)
    _ticking(requesting, "add_cmk")
    return assemble(load({"config": config, "store": store, "write": True, **dict(w.split("=", 1) for w in words)}))


def resume(config, store, run):
    from console.commands.runs import ResumeRun

    desk = _services(config, store)
    return str(desk.dispatch.run(ResumeRun(run)).view.run.status)


def judge(config, store, request):
    from console.commands.requests import JudgeRequest

    desk = _services(config, store)
    return desk.dispatch.run(JudgeRequest(request, "approve")).request.stand.value


def ask(config, store, scope, path):
    from console.commands.requests import RequestCmk

    desk = _services(config, store, "role=owner", f"scope={scope}")
    (request,) = desk.dispatch.run(RequestCmk("new", (path,), services="ebs", reason="nodig")).requests
    return request.id


@pytest.fixture
def killing(ground):
    """Environment of the children: the administrator's credentials."""
    return {"AWS_SHARED_CREDENTIALS_FILE": str(ground.cloud.folder / "credentials"), "AWS_CONFIG_FILE": "/nonexistent"}


@pytest.fixture
def maker(ground, killing, tmp_path):
    with Killer(
        "tests.requests.test_kill:resume", tmp_path, "botocore.httpsession", "console.assembly", env=killing
    ) as opened:
        yield opened


def begun(ground, number):
    """An approved request with a run that has not begun."""
    request = ground.approved(application=f"App{number}")
    run = ground.admin.engine().start(wish_of(ground.admin.desk.find(request.id), ground.admin.settings))
    return request, run


def asked(ground, application):
    """A request that the administrator has and nobody judged."""
    request = ground.owner.desk.submit(ground.wish(application=application))
    ground.admin.desk.fetch()
    return request


def whole(ground, request):
    """One CMK, one alias, and at both parties one of each move."""
    (arn,) = ground.keys_of(request)
    alias = f"alias/agentschap-a/{request.wanted.application.lower()}/prod"
    assert [name for name, key in ground.aliases().items() if key in arn] == [alias]
    ground.owner.desk.fetch()
    for party in (ground.admin, ground.owner):
        moves = [move.act for move in party.desk.find(request.id).moves]
        assert moves == [Act.SUBMIT, Act.APPROVE, Act.BEGIN, Act.DELIVER]
    return True


def arguments(ground, run):
    return str(ground.folder / "admin.toml"), str(ground.admin.settings.store), run


def test_killed_at_moments_all_through_there_is_one_cmk(ground, maker):
    """Before, inside and after every step; each time another process resumes, and comes to the same end."""
    request, run = begun(ground, 0)
    moments = maker.call(*arguments(ground, run)).moments
    assert whole(ground, request)
    assert moments > 60
    lot = chance(11)
    for number in maker.often(3):
        request, run = begun(ground, number + 1)
        maker.strike(lot, moments, *arguments(ground, run))
        assert maker.call(*arguments(ground, run)).said in ("done", "run.ended")
        assert whole(ground, request)


def test_killed_again_and_again_there_is_one_cmk(ground, maker):
    """Death after death, each resumed by another process, until one comes to the end."""
    lot = chance(12)
    for number in maker.often(3):
        request, run = begun(ground, number)
        maker.survive(lot, 30, *arguments(ground, run))
        assert whole(ground, request)


def test_a_judge_who_is_killed_has_judged_once_or_not_at_all(ground, killing, tmp_path):
    """At moments by chance of the judgement: tried again it is there, once, at both parties."""
    with Killer(
        "tests.requests.test_kill:judge", tmp_path, "botocore.httpsession", "console.assembly", env=killing
    ) as judging:
        config, store = str(ground.folder / "admin.toml"), str(ground.admin.settings.store)
        lot = chance(13)
        moments = judging.call(config, store, asked(ground, "Heel").id).moments
        for number in judging.often(3):
            request = asked(ground, f"App{number}")
            judging.strike(lot, moments, config, store, request.id)
            said = judging.call(config, store, request.id).said
            assert said in ("approved", "request.not_now.approved")
            ground.owner.desk.fetch()
            for party in (ground.admin, ground.owner):
                held = party.desk.find(request.id)
                assert [move.act for move in held.moves] == [Act.SUBMIT, Act.APPROVE]


def test_one_who_asks_and_is_killed_has_asked_once(ground, killing, tmp_path):
    """What is on record goes out with the next look; asked again it is the same request that is under way."""
    with Killer(
        "tests.requests.test_kill:ask", tmp_path, "botocore.httpsession", "console.assembly", env=killing
    ) as asking:
        config, store = str(ground.folder / "owner.toml"), str(ground.owner.settings.store)
        lot = chance(14)
        moments = asking.call(config, store, "Agentschap A", "Agentschap A/Heel/Productie").moments
        for number in asking.often(3):
            path = f"Agentschap A/App{number}/Productie"
            asking.strike(lot, moments, config, store, "Agentschap A", path)
            said = asking.call(config, store, "Agentschap A", path).said
            assert len(said) == 10 or said == "request.asked_already"
            ground.owner.desk.fetch()
            ground.admin.desk.fetch()
            for party in (ground.owner, ground.admin):
                found = [r for r in party.desk.requests.all() if r.wanted.application == f"App{number}"]
                assert [r.stand for r in found] == [Stand.SUBMITTED]
