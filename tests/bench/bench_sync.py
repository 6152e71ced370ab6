"""Our sync and Cloud Custodian side by side on one sandbox: calls, wall time, CPU, memory and their ratios.

    python tests/bench/bench_sync.py [--keys 2000] [--latency-ms 20] [--custodian FOLDER] [--without-custodian]

Three runs: Custodian lists `kms-key` with filter `key-rotation-status`; our full sync into an empty store (which
reads more: metadata, all key materials and policies); a second sync with nothing changed. Custodian lives in a
virtual environment of its own, made here at the first run; it is no dependency of the project. Exit code 1 when a
goal is missed: full ≤ 1/4, second ≤ 1/10 of Custodian's wall time, second ≤ 1.1 calls per CMK.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from console.sandbox import process

CUSTODIAN = "c7n==0.9.53"
REGION = "eu-west-1"
POLICY = {
    "policies": [
        {
            "name": "keys",
            "resource": "aws.kms-key",
            "filters": [{"type": "key-rotation-status", "key": "KeyRotationEnabled", "value": True}],
        }
    ]
}
COUNTER = """
import atexit, json, sys
from botocore.httpsession import URLLib3Session
calls, plain = [0], URLLib3Session.send
def send(self, request):
    calls[0] += 1
    return plain(self, request)
URLLib3Session.send = send
out = sys.argv.pop(1)
atexit.register(lambda: open(out, "w").write(str(calls[0])))
from c7n.cli import main
main()
"""
"""Runs Custodian's own command, with its HTTP requests counted."""


@dataclass(frozen=True)
class Run:
    """One measured process: wall and CPU seconds, MiB at its largest, requests made, keys seen."""

    name: str
    wall: float
    cpu: float
    mib: float
    calls: int
    keys: int


def main() -> int:
    wish = _parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print(f"seeding {wish.keys} keys …", file=sys.stderr, flush=True)
        up = process.start(folder / "aws", latency_ms=wish.latency_ms, keys=wish.keys, private=True, empty=True)
        try:
            runs = _runs(wish, up, folder)
        finally:
            process.stop(folder / "aws")
    return _told(runs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=2000)
    parser.add_argument("--latency-ms", type=float, default=20.0)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser.add_argument("--custodian", type=Path, default=cache / "kms-console-bench" / "custodian")
    parser.add_argument("--without-custodian", action="store_true")
    return parser


def _runs(wish: argparse.Namespace, up: process.Running, folder: Path) -> list[Run]:
    environment = {**os.environ, **up.environment, "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
    ours = _ours(up, folder)
    runs = []
    if not wish.without_custodian:
        python = _custodian(wish.custodian)
        runs.append(_theirs(python, folder, environment | {"AWS_ENDPOINT_URL": up.endpoint}))
    runs.append(_sync("sync --full", [*ours, "--full"], environment))
    runs.append(_sync("sync again", ours, environment))
    return runs


def _ours(up: process.Running, folder: Path) -> list[str]:
    config = folder / "config.toml"
    config.write_text(
        f'[aws]\nendpoint_url = "{up.endpoint}"\nregions = ["{REGION}"]\nprofile = "default"\n', encoding="utf-8"
    )
    where = ["--config", str(config), "--store", str(folder / "estate" / "estate.db")]
    return [sys.executable, "-m", "console", *where, "sync", "--json"]


def _custodian(folder: Path) -> Path:
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing {CUSTODIAN} into {folder} …", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", CUSTODIAN], check=True, stderr=subprocess.DEVNULL)
    return python


def _theirs(python: Path, folder: Path, environment: dict[str, str]) -> Run:
    policy, counted, out = folder / "policy.json", folder / "calls", folder / "out"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    command = [str(python), "-c", COUNTER, str(counted), "run", "--cache-period", "0", "-s", str(out), str(policy)]
    wall, cpu, mib, _ = _measured(command, environment)
    keys = json.loads((out / "keys" / "resources.json").read_text(encoding="utf-8"))
    return Run("custodian", wall, cpu, mib, int(counted.read_text(encoding="utf-8")), len(keys))


def _sync(name: str, command: list[str], environment: dict[str, str]) -> Run:
    wall, cpu, mib, said = _measured(command, environment)
    summary = json.loads(said)
    if summary["gaps"]:
        print(f"{name}: gaps {summary['gaps']}", file=sys.stderr)
    return Run(name, wall, cpu, mib, summary["calls"], summary["cmks"])


def _measured(command: list[str], environment: dict[str, str]) -> tuple[float, float, float, bytes]:
    """Run it to its end; what only this child used."""
    begun = time.monotonic()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.monotonic() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[0]} … ended with {child.returncode}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said


def _told(runs: list[Run]) -> int:
    print(f"{'':14}{'keys':>6}{'calls':>8}{'/key':>7}{'wall s':>9}{'CPU s':>8}{'MiB':>7}{'wall ratio':>12}")
    base = runs[0].wall
    for run in runs:
        print(
            f"{run.name:14}{run.keys:6}{run.calls:8}{run.calls / run.keys:7.2f}{run.wall:9.2f}{run.cpu:8.2f}"
            f"{run.mib:7.0f}{run.wall / base:12.3f}"
        )
    if runs[0].name != "custodian":
        return 0
    custodian, full, again = runs
    goals = {
        "full sync ≤ 1/4 of Custodian": full.wall <= custodian.wall / 4,
        "second sync ≤ 1/10 of Custodian": again.wall <= custodian.wall / 10,
        "second sync ≤ 1.1 calls per CMK": again.calls <= 1.1 * again.keys,
        "the same keys": custodian.keys <= full.keys == again.keys,
    }
    for goal, met in goals.items():
        print(f"{'met   ' if met else 'MISSED'} {goal}")
    return 0 if all(goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
