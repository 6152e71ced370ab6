"""Every AWS call of a CMK's replacement × every way it can go wrong: one sentence, and gone on with one CMK takes over
and one is ended. What it moves goes wrong in stories of its own.
"""

import time
from collections import Counter
from dataclasses import replace
from itertools import zip_longest

import pytest

from console.services.catalog import Catalog
from console.text import Text
from console.workflows.cmk_replacement import wish_of
from store.run_records import RunStatus
from tests.datakeys.replacing import AGREED
from tests.datakeys.turning import Turning
from tests.faults import faults
from tests.faults.proxy import each, some, standing_before
from tests.kill import turned

QUIET = tuple(fault for fault in faults.ALL if fault.how != faults.STALL)
"""All but those whose story is only that a client waits for its own time limit."""


class Ground:
    """A tenant whose runs ask AWS through a proxy."""

    def __init__(self, cloud, folder, proxy):
        self.turning, self.proxy = Turning(cloud, cloud.real_region(), folder), proxy
        self.kms = cloud.client("kms", self.turning.region)
        told = replace(self.turning.settings, endpoint_url=proxy.url)
        self.settings = turned.told(told, "kms", "resourcegroupstaggingapi")

    def begun(self, *environments):
        """A replacement of the CMK of each, that both parties have agreed to: old CMK by run."""
        olds = {one: self.turning.key(one) for one in environments}
        for one, old in olds.items():
            self.kms.create_alias(AliasName=f"alias/{one}", TargetKeyId=old)
        self.turning.sync()
        catalog, found = Catalog(self.turning.store, self.turning.settings), {}
        for old in olds.values():
            (cmk,) = catalog.cmks.by_key(old)
            engine = self.turning.engine()
            run = engine.start(wish_of(cmk, catalog, self.turning.settings))
            engine.resume(run)
            engine.answer(run, AGREED)
            found[run] = old
        read = time.time()
        while int(time.time()) == int(read):  # what was read in the second of a move counts as read after it
            time.sleep(0.02)
        return found

    def go(self, run):
        self.proxy.reset()
        return turned.engine_of(self.settings).resume(run).run

    def disturbed(self, run, case, end):
        """With this case; gone on with when all is well again, unless it came to that end by itself."""
        self.proxy.reset()
        self.proxy.fail(case.fault, at=case.at)
        stood = turned.engine_of(self.settings).resume(run).run
        if (stood.status, stood.step) != end:
            assert stood.status in (RunStatus.PAUSED, RunStatus.FAILED), str(case)
            assert Text("nl").t(stood.reason.key, **stood.reason.values).count("{") == 0, str(case)
            stood = self.go(run)
        assert (stood.status, stood.step) == end, f"{case}: {stood.reason}"

    def made(self):
        """How many CMKs each run made."""
        keys = [key["KeyId"] for page in self.kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
        tags = [tag for key in keys for tag in self.kms.list_resource_tags(KeyId=key)["Tags"]]
        return Counter(tag["TagValue"] for tag in tags if tag["TagKey"] == "kms-console:run")

    def state(self, key):
        return self.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


@pytest.fixture
def ground(cloud, tmp_path, brisk):
    with standing_before(cloud.endpoint) as proxy:
        yield Ground(cloud, tmp_path, proxy)


HEARING, ENDED = (RunStatus.FAILED, "unused"), (RunStatus.DONE, "")
"""Where a replacement stands until everything was read anew, and at its end."""


def calls_of(ground, run):
    """What an undisturbed replacement asks up to the hearing, and when it ends the old one."""
    stood = ground.go(run)
    assert (stood.status, stood.step) == HEARING
    first = ground.proxy.calls
    sure(ground, run)
    assert ground.go(run).status is RunStatus.DONE
    return first, ground.proxy.calls


def sure(ground, *runs):
    """Everything was read anew and nothing uses the old ones: they may be disabled."""
    ground.turning.sync()
    for run in runs:
        assert ground.go(run).step == "disable"
        ground.turning.engine().answer(run, {"sure": True})


def test_whatever_goes_wrong_one_cmk_takes_over_and_one_is_ended(ground):
    """Undisturbed first, to know the calls; then a fault at each of them, up to the hearing and at the end."""
    (first,) = ground.begun("eerst")
    making, ending = (
        some(each(calls, QUIET), few) for calls, few in zip(calls_of(ground, first), (12, 6), strict=True)
    )
    runs = ground.begun(*(f"o{number}" for number in range(max(len(making), len(ending)))))
    for case, run in zip_longest(making, runs):
        ground.disturbed(run, case, HEARING) if case else ground.go(run)
    assert ground.made() == Counter([first, *runs])
    ended = [*runs][: len(ending)]
    sure(ground, *ended)
    for case, run in zip(ending, ended, strict=True):
        ground.disturbed(run, case, ENDED)
        (deletion,) = ground.turning.engine().list(parent=run)
        assert (ground.state(runs[run]), deletion.current.name) == ("Disabled", "judge"), str(case)
    assert ground.made() == Counter([first, *runs])
