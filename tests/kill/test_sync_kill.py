"""A sync that is killed at any moment leaves the state before or the state after, and the next one completes."""

import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from console.services.sync import Sync
from store.database import Store

KILLS = 20
KEYS = 30
TIMES = {"metadata_at", "rotation_at", "materials_at", "policy_at", "seen_at"}
MOMENTS = {"at", "valid_from", "valid_until"}
"""When this very sync was: of what is on record, everything else is the same whenever it runs."""
RECORD = ("event", "former_place", "former_cmk", "former_data_key")
TABLES = (*RECORD, "account", "place", "cmk", "material", "alias", "tag", "policy", "data_key", "word")

ZYGOTE = """
import os, sys
from pathlib import Path
from console.aws.session import Aws
from console.services.sync import Sync
from console.settings import Settings
from store.database import Store
import console.aws.credentials, store.migrations

def sync(path):
    quotas = (("LookupEvents", 1000.0),)
    where = {"regions": (sys.argv[2],), "endpoint_url": sys.argv[1], "profile": "central"}
    settings = Settings(store=Path(path), quotas=quotas, **where)
    Sync(settings, Store.open(settings.store, write=True), Aws(settings), ()).run()

for line in sys.stdin:
    child = os.fork()
    if not child:
        sync(line.strip())
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
"""Imports once, then forks a child for every path it reads: twenty kills need not pay twenty times for imports."""


class Nursery:
    """Children that sync, each until it ends or is killed."""

    def __init__(self, cloud, region):
        words = [sys.executable, "-c", ZYGOTE, cloud.endpoint, region]
        self._zygote = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def sync(self, path, kill_after=None):
        """Whether a sync of this store came to its end before it was killed; and its seconds."""
        self._zygote.stdin.write(f"{path}\n")
        self._zygote.stdin.flush()
        pid, begun = int(self._zygote.stdout.readline()), time.monotonic()
        ended = bool(select.select([self._zygote.stdout], [], [], kill_after)[0])
        if not ended:
            with suppress(ProcessLookupError):  # it ended just now
                os.kill(pid, signal.SIGKILL)
        assert self._zygote.stdout.readline() == "ended\n"
        return ended, time.monotonic() - begun

    def close(self):
        self._zygote.stdin.close()
        self._zygote.wait(10)
        self._zygote.stdout.close()


@pytest.fixture
def nursery(cloud, here):
    opened = Nursery(cloud, here)
    yield opened
    opened.close()


def state(path):
    """All that the store knows, without the moments of reading."""
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = {}
        for table in TABLES:
            left = TIMES | MOMENTS if table in RECORD else TIMES | {"valid_from"}
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in left]
            found[table] = sorted(connection.execute(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)
    connection.close()
    return found


def synced(cloud, settings):
    store = Store.open(settings.store, write=True)
    Sync(settings, store, cloud.aws(settings), ()).run()
    store.close()


def copied(store, folder):
    """A fresh copy of a store at rest."""
    folder.mkdir()
    for file in store.parent.iterdir():
        shutil.copy(file, folder / file.name)
    return folder / store.name


def test_killed_at_twenty_moments_the_store_is_whole(cloud, here, nursery, tmp_path):
    """Twenty kills spread over a sync's duration: old state or new, each with its history, never between; the next
    sync completes, and keeps no change twice."""
    made = [cloud.cmk(here, f"T{n % 3}", "X", f"O{n}", alias=f"k{n}") for n in range(KEYS)]
    settings = cloud.settings(tmp_path / "old", here)
    assert nursery.sync(settings.store)[0]
    kms = cloud.client("kms", here)
    for metadata in made[::2]:
        kms.tag_resource(KeyId=metadata["KeyId"], Tags=[{"TagKey": "toepassing", "TagValue": "Y"}])
    cloud.cmk(here, "T9", "X", "Nieuw")
    whole = copied(settings.store, tmp_path / "whole")
    assert nursery.sync(whole)[0]
    duration = max(nursery.sync(copied(settings.store, tmp_path / f"timed{n}"))[1] for n in range(2))
    old, new = state(settings.store), state(whole)
    assert old != new

    chance = random.Random(20)
    survived = []
    for number in range(KILLS):
        path = copied(settings.store, tmp_path / f"killed{number}")
        moment = duration * (number + chance.random()) / KILLS
        ended, _ = nursery.sync(path, kill_after=moment)
        survived.append(ended)
        assert state(path) in (old, new), f"killed after {moment:.3f} s"
        synced(cloud, cloud.settings(path.parent, here))
        assert state(path) == new
    assert survived.count(False) >= KILLS // 4, (
        "many were really killed, also on a machine that slows down and speeds up"
    )
