"""A bucket's rotation that is killed at any moment and resumed by another process: nothing lost, nothing done twice."""

from collections import Counter

import pytest

from console.datakeys.s3.house import results_file
from console.datakeys.s3.ledger import results
from store.verdicts import Verdict
from tests.datakeys.buckets import Rewriting
from tests.kill.killer import Killer, chance


@pytest.fixture
def killer(cloud, tmp_path):
    with Killer("tests.kill.s3_rotation:resume", tmp_path, "botocore.httpsession") as opened:
        yield opened


def filled(cloud, folder, number, *, versioned):
    """A bucket with small and large objects, or with histories; and a run that is about to begin."""
    home = folder / f"story{number}"
    home.mkdir()
    turning = Rewriting(cloud, cloud.region(), home, versioned=versioned)
    cloud.sizes(copy=10, part=4)
    for name in range(6 if versioned else 24):
        turning.put(f"klein/{name:02}", b"%d" % name, Metadata={"n": str(name)}, Tagging=f"n={name}")
    for name in "xyz":
        turning.put(f"groot/{name}", b"0123456789abcdef" + name.encode(), ContentType="text/plain", Tagging="t=1")
    for number in range(3 if versioned else 0):
        turning.put("klein/03", f"later {number}".encode())
    turning.sync()
    choice = turning.choice(turning.bucket)
    route = choice.route("rewrite_versions" if versioned else "rewrite")
    engine = turning.engine()
    run = engine.start(turning.planner.wish(choice, route))
    if versioned:
        engine.resume(run)
        engine.answer(run, {"quiet": True})
    return turning, run


def words(turning, run):
    return str(turning.settings.store), run, turning.cloud.endpoint, turning.region, turning.account


def check(turning, run, before, held, *, versioned):
    """Bytes, metadata and tags as they were; each version one new data key, each object one result, one verdict."""
    after, old = turning.facts(), {one["data_key"] for one in before}
    new = [one for one in after if one["data_key"] not in old]
    [judged] = turning.verdicts(run)
    told = Counter((one.key, one.was) for one, _ in results(results_file(turning.settings.store, run)))
    assert turning.held() == held
    assert judged.verdict is Verdict.PROVEN, judged.facts
    assert {one["cmk"] for one in new} == {turning.own}
    assert len(new) == len(before) == sum(told.values())
    assert set(told.values()) == {1}
    if versioned:
        digests = [[one["digest"] for one in some] for some in (before, new)]
        assert sorted(digests[0]) == sorted(digests[1])
        assert [one["digest"] for one in new if one["id"].endswith("klein/03")] == [
            one["digest"] for one in before if one["id"].endswith("klein/03")
        ]
    assert "Uploads" not in turning.s3.list_multipart_uploads(Bucket=turning.bucket)


@pytest.mark.parametrize("versioned", [False, True], ids=["objects", "histories"])
def test_killed_again_and_again_every_object_is_whole_and_settled_once(cloud, killer, tmp_path, versioned):
    """Death after death by chance, each resumed by another process, until one comes to the end."""
    turning, run = filled(cloud, tmp_path, "whole", versioned=versioned)
    before, held = turning.facts(), turning.held()
    whole = killer.call(*words(turning, run))
    assert whole.said in ("done", "waiting")
    check(turning, run, before, held, versioned=versioned)
    lot = chance(11)
    for number in killer.often(6):
        turning, run = filled(cloud, tmp_path, number, versioned=versioned)
        before, held = turning.facts(), turning.held()
        killer.survive(lot, whole.moments * 3 // 4, *words(turning, run))
        check(turning, run, before, held, versioned=versioned)
