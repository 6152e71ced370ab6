"""Encrypted files under a prefix of a bucket: renewed by one thread and by as many as a run has, in one run of this.

    python -m tests.bench.bench_prefix [--objects 300] [--bytes 4096] [--large 6] [--mib 16] [--latency 30]

Each way renews `--objects` small messages and then `--large` of so many MiB, looks at them before and proves them after.
`--latency` is how long each answer is on its way, in milliseconds; with 0 both only compete for the CPU that the
sandbox takes. Told too: calls for each small object, and those of a first and a second sync. Exit code 1 when many
threads are not at least twice as fast on small objects where there is latency, or a second sync still reads headers.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.clouds import Cloud
from tests.datakeys.prefixes import Prefix
from tests.datakeys.turning import Turning

MIB = 1 << 20
GOAL = 2.0


class Bench:
    """A tenant with prefixes, and what is asked of AWS meanwhile."""

    def __init__(self, cloud, home):
        self.turning = Turning(cloud, cloud.real_region(), home)
        self.asked = []
        making = cloud.aws

        def counted(settings):
            self.asked.append(making(settings))
            return self.asked[-1]

        cloud.aws = counted

    def calls(self):
        """By operation, since this was last asked."""
        told, self.asked = self.asked, []
        tally = {}
        for one in told:
            for name, number in one.pace.tally().items():
                tally[name] = tally.get(name, 0) + number
        return tally

    def filled(self, name, number, size):
        files = Prefix(self.turning, name=name)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda at: files.write(f"{at:06}.enc", os.urandom(size)), range(number)))
        return files

    def synced(self, name):
        self.calls()
        self.turning.sync()
        told = self.calls()
        print(f"{name:44}{told.get('GetObject', 0):8} GetObject of {sum(told.values())} calls", flush=True)
        return told.get("GetObject", 0)

    def renewed(self, files, threads):
        """Seconds of the step that renews, and the calls of the whole run."""
        self.turning.settings = replace(self.turning.settings, concurrency=threads)
        self.calls()
        view = self.turning.rotate(files.path)
        [judged] = self.turning.verdicts(view.run_id)
        assert (judged.verdict, judged.facts["files"]) == ("proven", len(files.known)), judged.facts
        step = next(one.record for one in view.steps if one.record.step == "file_renew")
        return step.finished_at - step.started_at, self.calls()

    def way(self, told, threads):
        small = self.filled(f"s{threads}", told.objects, told.bytes)
        large = self.filled(f"g{threads}", told.large, told.mib * MIB)
        self.turning.cloud.latency(0)
        self.synced("a first sync")
        again = self.synced("a second sync")
        self.turning.cloud.latency(told.latency)
        spent, calls = self.renewed(small, threads)
        rate = told.objects / spent
        each = ", ".join(
            f"{name} {number / told.objects:.1f}" for name, number in calls.items() if number > told.objects / 2
        )
        print(f"{threads} at once: {rate:8.1f} objects/s; a whole run asks per object {each}", flush=True)
        spent, _ = self.renewed(large, threads)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{threads} at once: {told.large * told.mib / spent:8.1f} MiB/s; at most {most:.0f} MiB of memory",
            flush=True,
        )
        self.turning.cloud.latency(0)
        return rate, again


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--objects", type=int, default=300)
    asked.add_argument("--bytes", type=int, default=4096)
    asked.add_argument("--large", type=int, default=6)
    asked.add_argument("--mib", type=int, default=16)
    asked.add_argument("--latency", type=float, default=30)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        cloud = Cloud(home)
        os.environ |= {"AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"), "AWS_CONFIG_FILE": str(home / "none")}
        try:
            bench = Bench(cloud, home)
            (alone, _), (many, again) = bench.way(told, 1), bench.way(told, 24)
        finally:
            cloud.close()
    print(f"{many / alone:.1f} times as many small objects a second")
    return 0 if (not told.latency or many >= GOAL * alone) and not again else 1


if __name__ == "__main__":
    sys.exit(main())
