"""The audit at size: verifying beside a bare loop of SHA-256 over the same lines, and windows anywhere in it.

python tests/bench/bench_audit.py [LINES]
"""

import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from store.audit import Audit, Wanted
from store.database import Store
from store.journal import START, Act, Entry, canonical, chained

WHO = "arn:aws:sts::999988887777:assumed-role/KmsBeheer/mia"
SUBJECT = "dk_other_environment · vol-0c9 · Agentschap A/X/T&I"


def lines(number):
    """So many lines of forty people, chained."""
    previous = START
    for seq in range(1, number + 1):
        scope = "" if seq % 3 else f"T{seq % 100}/X"
        entry = Entry(
            Act.DONE, "findings.acknowledge", "admin", f"user{seq % 40}", "pc", WHO, 0, scope, True,
            {"id": seq, "reason": "wordt vrijdag verhuisd"}, SUBJECT, of=seq - 1,
        )  # fmt: skip
        text = canonical(seq, f"2026-11-{1 + seq * 25 // number:02d}T11:05:40.000Z", entry)
        previous = chained(previous, text.encode())
        yield seq, text, previous


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def bare(store):
    """What nobody can do faster: read each line and hash it."""
    previous = START
    for (text,) in store.reader().execute("SELECT CAST(line AS BLOB) FROM audit ORDER BY seq"):
        previous = sha256(previous.encode() + text).hexdigest()


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "estate.db", write=True)
        audit = Audit(store)
        with store.atomic() as connection:
            connection.executemany("INSERT INTO audit (seq, line, hash) VALUES (?, ?, ?)", lines(number))
        audit.append(Entry(Act.DONE, "x", "admin", "els", "pc"))
        verify, hashing = seconds(audit.prove), seconds(lambda: bare(store))
        print(f"verify {number} lines: {verify:.2f} s, {verify / hashing:.1f} x a bare SHA-256 loop ({hashing:.2f} s)")
        for name, wanted, scope in (
            ("all", None, ""),
            ("one person", Wanted(who="user7"), ""),
            ("a branch", None, "T3"),
        ):
            seen = Audit(store, scope)
            size = seen.count(wanted)
            first, last = (
                seconds(lambda at=at, seen=seen, wanted=wanted: seen.window(wanted, at, 128)) for at in (0, size - 128)
            )
            print(f"window of {name} ({size} lines): first {first * 1000:.1f} ms, last {last * 1000:.1f} ms")
        print(f"append: {seconds(lambda: audit.append(Entry(Act.DONE, 'x', 'admin', 'els', 'pc'))) * 1000:.1f} ms")
        store.close()


if __name__ == "__main__":
    main()
