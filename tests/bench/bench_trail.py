"""Reading CloudTrail's logs beside a bare `json.loads` of the same lines: events a second, and their ratios.

    python -m tests.bench.bench_trail [--mib 64] [--folder FOLDER] [--endless MIB]

One file of that size is written, of EBS, S3 and management events, once as JSON lines and once as `{"Records": […]}` in
a single line, packed. Each way of reading runs in a process of its own, so that its largest memory is its own.
`--endless 1024` instead imports so many MiB of lines that are made while they are read and never stand anywhere.
Exit code 1 when a goal is missed: a whole import at most 4 times a bare loop, and never above 150 MiB.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.estates import CENTRAL, NOW, REGION, TENANT, example

SLOWEST, LARGEST = 4.0, 150.0
RESOURCES = 20_000


def events(chance: random.Random):
    """Lines of JSON without end, of the shapes and sizes of real ones."""
    keys = [cmk.arn for cmk in example().cmks]
    number = 0
    while True:
        number += 1
        thing = chance.randrange(RESOURCES)
        key = keys[thing % len(keys)]
        context = (
            {"aws:ebs:id": f"vol-{thing:017x}"} if thing % 3 else {"aws:s3:arn": f"arn:aws:s3:::b-{thing}/{number}"}
        )
        name = chance.choice(("Decrypt", "Decrypt", "GenerateDataKey", "DescribeKey"))
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - chance.randrange(90 * 86400)))
        who = {"type": "AWSAccount", "principalId": f"AROA{thing:016X}:i-{thing:017x}", "accountId": TENANT}
        yield json.dumps(
            {
                "eventVersion": "1.11", "userIdentity": who | {"invokedBy": "AWS Internal"}, "eventTime": moment,
                "eventSource": "kms.amazonaws.com", "eventName": name, "awsRegion": REGION,
                "sourceIPAddress": "AWS Internal", "userAgent": "AWS Internal",
                "requestParameters": {"encryptionContext": context, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
                "responseElements": None, "additionalEventData": {"keyMaterialId": f"{1:032x}{thing % 5:032x}"},
                "requestID": f"{number:036x}", "eventID": f"{number:036x}", "readOnly": True,
                "resources": [{"accountId": CENTRAL, "type": "AWS::KMS::Key", "ARN": key}],
                "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": CENTRAL,
                "sharedEventID": f"s{number:035x}", "eventCategory": "Management",
            },
            separators=(",", ":"),
        )  # fmt: skip


def write(folder: Path, mib: int) -> int:
    """Both files; how many events each holds."""
    size = count = 0
    with (folder / "lines.jsonl").open("w") as lines, gzip.open(folder / "records.json.gz", "wt", 1) as packed:
        packed.write('{"Records":[')
        for line in events(random.Random(1)):
            lines.write(line + "\n")
            packed.write(("," if count else "") + line)
            size, count = size + len(line), count + 1
            if size >= mib << 20:
                break
        packed.write("]}")
    return count


def bare(path: Path) -> int:
    with path.open() as file:
        return sum(1 for line in file if json.loads(line))


def stream(path: Path) -> int:
    from console.services.trail_files import local, opened
    from console.services.trail_stream import Stream

    (source,) = local(path)
    with opened(source) as (text, _):
        return sum(1 for _ in Stream(text).events())


class Made(io.RawIOBase):
    """So many MiB of lines, made as they are taken."""

    def __init__(self, mib: int) -> None:
        self._lines = events(random.Random(1))
        self._left = mib << 20
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and self._left > 0:
            line = next(self._lines).encode() + b"\n"
            self._left -= len(line)
            self._rest += line
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def made(path: Path) -> int:
    """`path` is called by the MiB to make."""
    from console.services import trail_import
    from console.services.trail_files import Source
    from store.traces import TrailFile

    mib = int(path.name)
    source = Source(TrailFile("made", mib << 20, ""), lambda: Made(mib))
    trail_import.local = lambda _: iter([source])
    return whole(path)


def whole(path: Path) -> int:
    from console.services.trail_import import TrailImport
    from console.settings import Settings, TenantSettings
    from store.database import Store
    from store.merge import merge

    settings = Settings(sandbox=True, tenants=(TenantSettings("Agentschap A", (TENANT,)),), central_account=CENTRAL)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "data" / "estate.db", write=True)
        merge(store, example(), NOW - 100 * 86400)
        told = TrailImport(settings, store, list).run(str(path))
        store.close()
    return told.events


WAYS = {
    "json.loads, lines": (bare, "lines.jsonl"),
    "events, lines": (stream, "lines.jsonl"),
    "import, lines": (whole, "lines.jsonl"),
    "events, one line packed": (stream, "records.json.gz"),
    "import, one line packed": (whole, "records.json.gz"),
}


def measured(name: str, folder: Path) -> tuple[float, float]:
    """Seconds and MiB of one way, in a process of its own."""
    words = [sys.executable, "-m", "tests.bench.bench_trail", "--way", name, "--folder", str(folder)]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    return float(told[0]), float(told[1])


def endless(mib: int) -> int:
    """Events a second and the largest memory of a stream of `mib` MiB."""
    begun = time.perf_counter()
    count = made(Path(str(mib)))
    seconds, peak = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} events, {mib} MiB made while read: {seconds:.0f} s with the making, {peak:.0f} MiB at most")
    return int(peak > LARGEST)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--endless", type=int, metavar="MIB")
    wish = parser.parse_args()
    if wish.endless:
        return endless(wish.endless)
    if wish.way:
        way, file = WAYS[wish.way]
        begun = time.perf_counter()
        way(wish.folder / file)
        print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return 0
    with tempfile.TemporaryDirectory(dir=wish.folder) as scratch:
        count = write(Path(scratch), wish.mib)
        runs = {name: measured(name, Path(scratch)) for name in WAYS}
    base = runs["json.loads, lines"][0]
    print(f"{count} events, {wish.mib} MiB a file")
    for name, (seconds, mib) in runs.items():
        print(f"{name:26} {seconds:8.2f} s {count / seconds:10.0f} events/s {seconds / base:6.2f}x {mib:7.0f} MiB")
    slow = max(seconds for name, (seconds, _) in runs.items() if name.startswith("import")) / base
    return int(slow > SLOWEST or max(mib for _, mib in runs.values()) > LARGEST)


if __name__ == "__main__":
    sys.exit(main())
