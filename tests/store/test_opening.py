"""Opening a store: privately, by several at once, and never over something else."""

import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from store.database import APPLICATION_ID, VERSION, Store
from store.errors import StoreError, StoreInterrupted
from store.merge import merge
from tests.store.facts import cmk, dump, harvest, volume


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_store_is_for_its_owner_alone(store, path):
    """The folder is 0700 and every file in it 0600, whatever the umask says."""
    merge(store, harvest([cmk(1)]), 1)
    assert mode(path.parent) == 0o700
    assert {each.name: mode(each) for each in path.parent.iterdir()} == {
        path.name: 0o600, f"{path.name}-wal": 0o600, f"{path.name}-shm": 0o600,
    }  # fmt: skip


def test_a_store_that_others_could_read_is_closed_to_them(store, path):
    """Opening for writing takes away what a careless copy gave to others."""
    store.close()
    path.chmod(0o644)
    Store.open(path, write=True).close()
    assert mode(path) == 0o600


def test_the_file_says_whose_it_is(store, path):
    """Application id and version stand in the file, and it keeps a write-ahead log."""
    bare = sqlite3.connect(path)
    asked = [
        bare.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version", "journal_mode")
    ]
    assert asked == [APPLICATION_ID, VERSION, "wal"]


def test_a_store_survives_being_opened_again(store, path):
    """Opening an existing store changes nothing in it."""
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 1)
    before = dump(store)
    store.close()
    again = Store.open(path, write=True)
    assert dump(again) == before


def test_two_processes_may_make_the_store_at_once(path):
    """Both get a whole store: one migrates, the other waits for it."""
    code = "import sys, pathlib; from store.database import Store; sys.stdin.read(1); Store.open(pathlib.Path(sys.argv[1]), write=True)"
    start = [sys.executable, "-c", code, str(path)]
    both = [subprocess.Popen(start, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for each in both:
        each.stdin.write(b"!")
        each.stdin.flush()
    errors = [each.communicate()[1] for each in both]
    assert errors == [b"", b""]
    steps = [name for (name,) in Store.open(path).reader().execute("SELECT name FROM _sqlite_migrations")]
    assert len(steps) == len(set(steps))
    assert f"m{VERSION:03d}" == max(steps)[:4]


def test_opening_again_keeps_what_this_process_has_locked(store, path):
    """A second opening in one process must not let go of its locks: another process would take the log away."""
    merge(store, harvest([cmk(1)]), 1)
    store.reader().execute("SELECT count(*) FROM cmk").fetchone()
    Store.open(path, write=True).close()
    code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('DELETE FROM gap'); c.commit(); c.close()"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert path.with_name(f"{path.name}-wal").exists()


def refused(path, *, write):
    with pytest.raises(StoreError) as caught:
        Store.open(path, write=write)
    assert caught.value.path == path
    return caught.value.key


def test_reading_a_store_that_is_not_there_makes_none(path):
    """A reader is told that it is missing, and leaves no file behind."""
    assert refused(path, write=False) == "store.missing"
    assert not path.exists()


@pytest.mark.parametrize("write", [True, False])
def test_a_store_of_a_newer_console_is_left_alone(store, path, write):
    """It is refused as newer, to readers and writers, and keeps every byte."""
    store.close()
    bare = sqlite3.connect(path)
    bare.execute(f"PRAGMA user_version = {VERSION + 1}")
    bare.execute("PRAGMA journal_mode = DELETE")
    bare.close()
    before = path.read_bytes()
    assert refused(path, write=write) == "store.newer"
    assert path.read_bytes() == before


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("content", ["text", "database"])
def test_a_file_of_somebody_else_is_left_alone(path, write, content):
    """A text or another program's database is refused as foreign, and keeps every byte."""
    path.parent.mkdir()
    if content == "text":
        path.write_text("a letter to the editor, long enough to be no empty file\n" * 20)
    else:
        bare = sqlite3.connect(path)
        bare.execute("CREATE TABLE recipes (name)")
        bare.close()
    before = path.read_bytes()
    assert refused(path, write=write) == "store.foreign"
    assert path.read_bytes() == before


def test_a_damaged_store_says_so_and_is_kept(store, path):
    """Pages overwritten with rubbish: what reads them fails as corrupt, the file is not replaced."""
    merge(store, harvest([cmk(n) for n in range(1, 40)], [volume(n, 1) for n in range(200)]), 1)
    store.reader().execute("SELECT 1").fetchone()
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    before = path.read_bytes()
    for write in (True, False):
        with pytest.raises(StoreError) as caught, Store.open(path, write=write).snapshot() as reader:
            reader.execute("SELECT count(*) FROM cmk").fetchone()
        assert caught.value.key == "store.corrupt"
    assert path.read_bytes() == before


def test_a_full_disk_leaves_the_old_state(store):
    """A merge that finds no room fails as full, and the store holds what it held."""
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 1)
    before = dump(store)
    pages = store.writer().execute("PRAGMA page_count").fetchone()[0]
    store.writer().execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError) as caught:
        merge(store, harvest([cmk(1)], [volume(n, 1) for n in range(3000)]), 2)
    assert caught.value.key == "store.full"
    assert dump(store) == before


AS_A_GUEST = """
import os, pathlib, sys
from store.database import Store
from store.errors import StoreError
path = pathlib.Path(sys.argv[1])
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)
for write in (True, False):
    try:
        store = Store.open(path, write=write)
        print(store.reader().execute("SELECT count(*) FROM cmk").fetchone()[0])
    except StoreError as error:
        print(error.key)
"""


@pytest.fixture
def open_folder():
    """A folder that a guest can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        (Path(folder) / "data").chmod(0o755)


def test_a_read_only_disk_can_be_read_but_not_written(open_folder):
    """Who may not write there is told so when opening for writing, and can still read what was left there."""
    path = open_folder / "data" / "estate.db"
    store = Store.open(path, write=True)
    merge(store, harvest([cmk(1)]), 1)
    store.close()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    here = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", AS_A_GUEST, str(path)], cwd=here, capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["store.readonly", "1"], "")


def test_a_reader_cannot_write(store, path):
    """Neither through its connection nor by asking for a transaction."""
    reading = Store.open(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading.reader().execute("DELETE FROM place")
    with pytest.raises(StoreError) as caught, reading.atomic():
        pass
    assert caught.value.key == "store.readonly"


def test_every_thread_has_a_connection_of_its_own(store):
    """Two threads read at once, each through its own connection, and close shuts both."""
    found = []
    thread = threading.Thread(target=lambda: found.append(store.reader()))
    thread.start()
    thread.join()
    assert found[0] is not store.reader()
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        found[0].execute("SELECT 1")


def test_the_pulse_moves_when_something_was_written(store, path):
    """Another opener's commit moves it; without one it stands still."""
    reading = Store.open(path)
    before = reading.pulse()
    assert reading.pulse() == before
    merge(store, harvest([cmk(1)]), 1)
    assert reading.pulse() != before


def test_a_long_query_can_be_stopped_from_another_thread(store):
    """It raises StoreInterrupted, and the connection goes on to be useful."""
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    began = threading.Event()
    ended = []

    def count():
        try:
            with store.snapshot() as reader:
                reader.create_function("begin", 1, lambda i: began.set() or i)
                reader.execute(endless.replace("count(*)", "count(begin(i))")).fetchone()
        except StoreInterrupted as error:
            ended.append(error.key)
        ended.append(store.reader().execute("SELECT 1").fetchone())

    thread = threading.Thread(target=count)
    thread.start()
    began.wait()
    store.interrupt()
    thread.join(20)
    assert ended == ["store.interrupted", (1,)]


def test_a_failed_transaction_leaves_nothing(store):
    """What was written before an error is gone after it, and the error is the one that was raised."""
    with pytest.raises(sqlite3.IntegrityError), store.atomic() as connection:
        connection.executemany("INSERT INTO account VALUES ('1', '', '')", [(), ()])
    assert store.reader().execute("SELECT count(*) FROM account").fetchone() == (0,)


def test_looking_at_the_cache_needs_no_toolkit(store, path):
    """A reader imports sqlite3 only: sqlite_utils costs a tenth of a second at start."""
    code = (
        "import sys, pathlib; from store.database import Store; from store.tree import Tree; from store.lookup import Lookup;"
        "from store.records import ROOT; s = Store.open(pathlib.Path(sys.argv[1])); Tree(s).children(ROOT, 0, 9);"
        "print([m for m in ('sqlite_utils', 'click', 'textual', 'boto3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
