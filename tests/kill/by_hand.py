"""A table that a person moves by hand while processes that guide it die or meet faults: done once, judged once."""

import itertools
import json
from dataclasses import replace

from console.terms import Rotating, Terms
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.hands import Hands
from tests.datakeys.holdings import Holdings
from tests.datakeys.turning import Turning

PLACES = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}
AT_ONCE = 8
"""Tables that one sync finds."""


def turning_of(cloud, region, folder):
    """A tenant whose old table may go as soon as the new one is proven."""
    return Turning(cloud, region, folder, terms=Terms(rotating=Rotating(keep_days=0)))


def tables(turning):
    """Tables that nobody has moved yet, as many as are asked for."""
    held = Holdings(turning.cloud, turning.region, turning.account, PLACES)
    for round_ in itertools.count():
        names = [f"tabel-{round_}-{number}" for number in range(AT_ONCE)]
        arns = [held.table(name, turning.own) for name in names]
        for name in names:
            held.filled(f"{name}-{turning.account}", name)
        turning.sync()
        yield from (Moved(turning, held, name, arn) for name, arn in zip(names, arns, strict=True))


class Moved:
    """One table, and a run of it that has not begun."""

    def __init__(self, turning, held, name, arn):
        self.turning, self.name, self.arn = turning, name, arn
        self.client = held.client("dynamodb")
        self.hands = Hands(turning, held, arn, "import", bucket=f"{name}-{turning.account}", begin=False)
        self.run, self._answers = self.hands.run, {}

    def go(self, onward):
        """To its end: each step's commands are run once, and what is asked is answered as often as it is asked.

        `onward` takes the run further, by a step and the answers to it.
        """
        for _ in range(60):
            run = self.hands.look().run
            if run.status is RunStatus.DONE:
                return
            onward(run.step, json.dumps(self._said(run)))
        raise AssertionError("it never came to its end")

    def _said(self, run):
        if run.status is not RunStatus.WAITING:
            return None
        if run.step not in self._answers:
            self._answers[run.step] = self.hands.act()
        return self._answers[run.step]

    def judge(self):
        """One verdict, one import, the item in the new table, and the old one gone."""
        (judged,) = self.turning.verdicts(self.run)
        new = f"{self.name}-{self.run}"
        assert (judged.verdict, judged.was) == (Verdict.PROVEN, self.arn)
        assert len(self.client.list_imports(TableArn=judged.resource_id)["ImportSummaryList"]) == 1
        there = self.client.get_paginator("list_tables").paginate().search("TableNames[]")
        assert [name for name in there if name.startswith(self.name)] == [new]
        assert self.client.scan(TableName=new)["Items"] == [{"a": {"S": "inhoud"}}]


def behind(turning, proxy):
    """Settings whose AWS is behind the proxy."""
    return replace(turning.settings, endpoint_url=proxy.url)
