"""Every AWS call of a campaign × every way it can go wrong: told, gone on with, and each data key renewed once."""

from dataclasses import replace

import pytest

from console.text import Text
from store.run_records import RunStatus
from tests.datakeys.turning import Turning
from tests.datakeys.vaults import Vault
from tests.faults.proxy import each, some, standing_before
from tests.kill import turned
from tests.kill.campaigns import Campaign
from tests.kill.test_ebs_faults import QUIET

AT_ONCE = 40
"""Secrets that one sync finds."""


@pytest.fixture
def turning(cloud, here, tmp_path, brisk):
    return Turning(cloud, here, tmp_path)


def pairs(turning, number):
    """So many campaigns of two secrets, one after the other."""
    for first in range(0, number, AT_ONCE // 2):
        some = range(first, min(number, first + AT_ONCE // 2))
        vaults = [[Vault(turning, name=f"{number}/{one}-{name}") for name in "ab"] for one in some]
        turning.sync()
        for pair in vaults:
            yield Campaign(turning, [], pair, 1)


def test_whatever_goes_wrong_each_data_key_is_renewed_once(turning):
    """Undisturbed first, to know the calls; then a fault at each of them, and gone on with until all are proven."""
    with standing_before(turning.cloud.endpoint) as proxy:
        settings = turned.told(replace(turning.settings, endpoint_url=proxy.url), "kms", "secretsmanager")
        (whole,) = pairs(turning, 1)
        assert turned.engine_of(settings).resume(whole.run).run.status is RunStatus.DONE
        cases = some(each(proxy.calls, QUIET), 12)
        for case, campaign in zip(cases, pairs(turning, len(cases)), strict=True):
            proxy.reset()
            proxy.fail(case.fault, at=case.at)
            stood = turned.engine_of(settings).resume(campaign.run).run
            proxy.reset()
            if stood.status is not RunStatus.DONE:
                assert stood.status in (RunStatus.PAUSED, RunStatus.FAILED), str(case)
                assert Text("nl").t(stood.reason.key, **stood.reason.values).count("{") == 0, str(case)
                turned.engine_of(settings).resume(campaign.run)
            campaign.judge()
