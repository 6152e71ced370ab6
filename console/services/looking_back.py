"""Makes the past that a session looks at: a private copy of the cache as it was, and settings that lead to it."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from console.errors import NotFound
from console.text import Text
from store.database import Store
from store.errors import StoreError
from store.history import History
from store.holders import alive
from store.replay import replay
from store.take import Exchanged

if TYPE_CHECKING:
    from console.settings import Settings

FOLDER = "past-"
"""What the folders of such copies begin with, followed by the process that made them."""


def look_back(store: Store, settings: Settings, moment: int, *, judged: bool = False) -> Settings:
    """Settings whose cache is that of `moment` (epoch seconds); with `judged` its findings are made too.

    `forget` removes the copy. One that a killed process left behind is removed first.

    Raises:
        NotFound: nothing was on record yet.
        StoreError: there is no room for the copy.
    """
    since = History(store, settings.scope).record().since
    if not since or moment < since:
        raise NotFound("asof.not_known", date=Text.clock(since or None))
    folder = _folder(settings.store.parent)
    past = replace(settings, store=folder / "estate.db", moment=moment, present=settings.store, write=False)
    try:
        replay(store, past.store, moment)
        if judged:
            _judge(past)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return past


def forget(past: Settings) -> None:
    """Remove the copy that these settings lead to; those of the present lead to none."""
    if past.moment is not None and past.store.parent.name.startswith(FOLDER):
        shutil.rmtree(past.store.parent, ignore_errors=True)


def _judge(past: Settings) -> None:
    from console.services.findings.judge import judge

    store = Store.open(past.store, write=True)
    try:
        # Who holds a published snapshot lacks what the rules look at: their findings came with it.
        if Exchanged(store).taken() is None:
            judge(store, past, past.now())
    finally:
        store.close()


def _folder(beside: Path) -> Path:
    """A new folder for this process alone, beside the cache where that can be written: it is as private as that."""
    for left in beside.glob(f"{FOLDER}*"):
        owner = left.name.removeprefix(FOLDER).partition("-")[0]
        if owner.isdigit() and not alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    prefix = f"{FOLDER}{os.getpid()}-"
    try:
        return Path(tempfile.mkdtemp(prefix=prefix, dir=beside))
    except OSError:
        try:
            return Path(tempfile.mkdtemp(prefix=prefix))
        except OSError as error:
            raise StoreError("store.full", beside, str(error)) from error
