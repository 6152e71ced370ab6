"""Publishing and pulling a tenant beside the merge that a sync would make of the same facts: seconds, bytes, ratios.

    python tests/bench/bench_exchange.py [--cmks 1000] [--data-keys 20]

The estate is one tenant with so many CMKs, each with so many holders of data keys. Exit code 1 when a goal is missed:
a first pull takes at most 2.5 times the merge alone, publishing twice that pull, and a pull of nothing new a tenth.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from console.services.exchange.envelope import header_of
from store.database import Store
from store.harvest import AccountFacts, Harvest
from store.merge import merge
from store.records import Slice
from tests.estates import CENTRAL, NOW, REGION, TENANT, cmk, volume
from tests.exchange.letters import A, parties

PULL, PUBLISH, SAME = 2.5, 2.0, 0.1


def estate(cmks: int, holders: int) -> Harvest:
    """One tenant of so many CMKs, three environments an application, ten years of HBKs at most."""
    keys, held = [], []
    for number in range(1, cmks + 1):
        names = (A, f"toepassing {number // 3:04}", ("Productie", "T&I", "Dev")[number % 3])
        key = cmk(number, *names, years=number % 11)
        keys.append(key)
        held += [volume(number * 1000 + at, key, *names) for at in range(holders)]
    whole = frozenset({Slice(CENTRAL, REGION, "cmk"), Slice(TENANT, REGION, "ebs")})
    accounts = (AccountFacts(CENTRAL, "centraal"), AccountFacts(TENANT, "a", A))
    return Harvest(accounts, (), tuple(keys), tuple(held), whole)


def timed(act):
    """Seconds, and what came of it."""
    begun = time.perf_counter()
    answer = act()
    return time.perf_counter() - begun, answer


def main() -> int:
    """Measure, print, judge."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cmks", type=int, default=1000)
    asked.add_argument("--data-keys", type=int, default=20)
    told = asked.parse_args()
    harvest = estate(told.cmks, told.data_keys)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        two = parties(home, harvest)
        alone = Store.open(home / "alone.db", write=True)
        merging, _ = timed(lambda: merge(alone, harvest, NOW))
        publishing, _ = timed(lambda: two.publish(A))
        pulling, summary = timed(two.pull)
        same, _ = timed(two.pull)
        two.publish(A, at=NOW + 60)
        again, _ = timed(lambda: two.pull(at=NOW + 60))
        letter = two.letter().read_bytes()
    size = header_of(letter)
    print(f"{summary.cmks} CMKs, {summary.data_keys} data keys: {len(letter):,} bytes, {size.plain:,} unpacked")
    print(f"merge alone  {merging:6.2f} s")
    print(f"publish      {publishing:6.2f} s  {publishing / pulling:5.2f} of the first pull")
    print(f"first pull   {pulling:6.2f} s  {pulling / merging:5.2f} of the merge")
    print(f"pull again   {again:6.2f} s  published anew, nothing changed")
    print(f"nothing new  {same:6.2f} s  {same / pulling:5.2f} of the first pull")
    good = pulling <= PULL * merging and publishing <= PUBLISH * pulling and same <= SAME * pulling
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
