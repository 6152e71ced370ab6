"""Every AWS call of a run that guides a person × every way it can go wrong: told in one sentence, and the same end."""

import pytest

from console.text import Text
from store.run_records import RunStatus
from tests.faults.proxy import each, some, standing_before
from tests.kill import by_hand, turned
from tests.kill.test_ebs_faults import QUIET


@pytest.fixture
def turning(cloud, here, tmp_path, brisk):
    return by_hand.turning_of(cloud, here, tmp_path)


class Console:
    """One process's part of a run: answers, goes on, and after a fault says what happened and has it made good."""

    def __init__(self, settings, proxy):
        self.settings, self.proxy = settings, proxy

    def take(self, moved):
        moved.go(lambda step, given: self._onward(moved.run, step, given))
        moved.judge()

    def _onward(self, run, step, given):
        turned.answered(self.settings, run, step, given)
        stood = turned.engine_of(self.settings).show(run).run
        if stood.status in (RunStatus.FAILED, RunStatus.PAUSED):
            said = Text("nl").t(stood.reason.key, **stood.reason.values)
            assert not [mark for mark in ("{", "Traceback", "SessionToken") if mark in said], said
            self.proxy.reset()


def test_whatever_goes_wrong_the_table_is_moved_and_judged_once(turning):
    """Undisturbed first, to know the calls; then a fault at one of them, and gone on with until it is done."""
    with standing_before(turning.cloud.endpoint) as proxy:
        settings = turned.told(by_hand.behind(turning, proxy), "dynamodb", "kms")
        console, tables = Console(settings, proxy), by_hand.tables(turning)
        console.take(next(tables))
        called = [call for call in proxy.calls if not call.startswith("sts.")]
        assert {"kms.DescribeKey", "dynamodb.DescribeTable", "dynamodb.ListImports"} == set(called)
        for case in some(each(proxy.calls, QUIET), 8):
            proxy.reset()
            proxy.fail(case.fault, at=case.at)
            console.take(next(tables))
