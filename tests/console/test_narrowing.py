"""Long lists filter and sort in the store: what they find is what the same words find among the rows as shown."""

import threading
from functools import partial

import pytest

from console.services.catalog import Catalog
from console.services.findings.judge import judge
from console.services.findings.rows import rows_of
from console.services.history import events_of
from console.settings import load
from console.text import Text
from screens import columns
from screens.history import event_columns
from screens.widgets.rows import Narrowing, arranged, asked_of, identity
from store.database import Store
from store.errors import StoreInterrupted
from store.findings import Wanted
from store.history import Span
from store.merge import merge
from store.narrow import Asked, Word
from store.records import Kind, NodeRef, Scope
from store.verdicts import Verdict
from tests.estates import NOW
from tests.screens.test_findings import faulty
from tests.verdicts import keep, verdict_on

SESSIONS = {
    "all": {},
    "tenant": {"scope": Scope("Agentschap A"), "role": "owner"},
    "application": {"scope": Scope("Agentschap A", "X"), "role": "owner"},
    "support": {"role": "support"},
}
WORDS = (
    "a", "é", "x", "!x", "agentschap", "productie", "hoog", "!hoog", "vol-", "bucket", "2026-", "hbk", "zzz", "_", "%",
    "bureau", "geheim", "-", "!", "status:●", "naam:web", "wat:cmk", "pad:x", "datum:2023", "bron:kms", "over:x teni",
    "oordeel:nieuw", "oordeel:her", "!oordeel:nieuw", "ongewijzigd",
)  # fmt: skip


@pytest.fixture
def judged(tmp_path, monkeypatch):
    import store.findings

    monkeypatch.setattr(store.findings.time, "time", lambda: NOW)
    store = Store.open(tmp_path / "estate.db", write=True)
    merge(store, faulty(), NOW - 86_400)
    merge(store, faulty(), NOW)
    holders = [key for key in faulty().data_keys if key.granularity == "volume"]
    for nr, (key, verdict) in enumerate(zip(holders[::2], Verdict, strict=False)):
        keep(store, verdict_on(key, verdict, NOW - nr * 86_400, f"run-{nr}"))
    judge(store, load({"store": str(store.path)}, {}), NOW)
    yield store
    store.close()


def settings_of(store, session):
    more = SESSIONS[session]
    scope = more.get("scope")
    told = {"scope": "/".join(filter(None, (scope.tenant, scope.application)))} if scope else {}
    return load({"store": str(store.path), **({"role": more["role"]} if "role" in more else {}), **told}, {})


def lists(store, session):
    """Every list that narrows itself, with its columns."""
    settings, text = settings_of(store, session), Text("nl", now=lambda: NOW)
    yield rows_of(store, settings, Wanted(acknowledged=True), None), columns.findings(text, 200, noted=True)
    yield events_of(store, settings, None, Span()), event_columns(text, 200)
    catalog = Catalog(store, settings)
    for number in range(1, 5):
        yield catalog.data_keys(NodeRef(Kind.CMK, number)), columns.data_keys(text)


@pytest.mark.parametrize("session", SESSIONS)
def test_the_store_finds_what_is_shown_and_nothing_else(judged, session):
    """Words in any column and in one, turned and not; of somebody who sees a part, that part alone."""
    found = 0
    for rows, cols in lists(judged, session):
        assert isinstance(rows, Narrowing)
        every = rows.window(0, rows.count())
        for word in WORDS:
            asked = asked_of(cols, word, None, down=False)
            picked = rows.narrowed(asked, lambda: False)
            got = [identity(row) for row in picked.window(0, picked.count())]
            assert got == [identity(row) for row in arranged(every, cols, asked)], (type(rows), word)
            found += len(got)
    assert found


@pytest.mark.parametrize("session", SESSIONS)
def test_any_column_sorts_as_it_does_in_memory(judged, session):
    """Both ways; what is equal stays in the list's own order."""
    for rows, cols in lists(judged, session):
        every = rows.window(0, rows.count())
        for nr, column in enumerate(cols):
            for down in (False, True):
                asked = asked_of(cols, "", nr, down=down)
                picked = rows.narrowed(asked, lambda: False)
                got = [identity(row) for row in picked.window(0, picked.count())]
                assert got == [identity(row) for row in arranged(every, cols, asked)], (type(rows), column.key, down)


def test_whoever_waits_no_more_stops_the_store(judged):
    """A query that nobody waits for ends with the store's own word for it, and the thread's reader goes on."""
    rows, cols = next(lists(judged, "all"))
    left = threading.Event()
    left.set()
    asked = asked_of(cols, "a", None, down=False)
    from store import narrowing

    narrowing_steps = narrowing.STEPS
    try:
        narrowing.STEPS = 1
        with pytest.raises(StoreInterrupted):
            rows.narrowed(asked, left.is_set)
    finally:
        narrowing.STEPS = narrowing_steps
    assert rows.narrowed(asked, partial(bool, 0)).count()


def test_what_is_typed_is_never_sql(judged):
    """Quotes, patterns and semicolons are text."""
    for rows, _ in lists(judged, "all"):
        for hostile in ("'", "';--", "\\", '"', "a' or '1'='1", "\x00"):
            asked = Asked((Word("", hostile),), None, ("naam", "over"))
            assert rows.narrowed(asked, lambda: False).count() in range(rows.count() + 1)
