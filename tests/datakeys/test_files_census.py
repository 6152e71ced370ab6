"""A sync reads what is new or changed under a prefix and nothing else, and tells the same as one that read it all."""

import pytest

from console.datakeys.envelope import census
from store.objects import read_before
from tests.datakeys.prefixes import Prefix
from tests.datakeys.turning import Turning


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@pytest.fixture
def files(turning):
    """Two messages and a plain file, each a row of its own."""
    made = Prefix(turning, rows=10)
    made.write("a.enc", b"1")
    made.write("b.enc", b"2")
    made.put("lees.txt", b"gewoon")
    return made.sync()


def read(files):
    """How many objects the next sync reads."""
    files.turning.cloud.forget()
    files.sync()
    return files.turning.cloud.asked(files.turning.region).get("GetObject", 0)


def rows(files):
    """What the store tells of each message."""
    found = [files.turning.choice(f"{files.path}/{name}").subject for name in files.known]
    return [(one.name, one.cmk, dict(one.detail)) for one in found]


def test_what_is_unchanged_is_not_read_again(files):
    """No request an object, and the same rows."""
    before = rows(files)
    assert read(files) == 0
    assert rows(files) == before


def test_what_is_new_or_changed_is_read_and_what_is_gone_is_forgotten(files):
    """One request for each that differs, also where an object only became a message."""
    files.put("lees.txt", b"anders")
    files.s3.delete_object(Bucket=files.bucket, Key=f"{files.within}/a.enc")
    del files.known["a.enc"]
    (old,) = rows(files)
    files.write("b.enc", b"4")
    files.write("c.enc", b"3")
    assert read(files) == 3
    new, _ = rows(files)
    assert (new[0], new[2]["message_id"] == old[2]["message_id"]) == ("b.enc", False)
    known = read_before(files.turning.store, files.path)
    assert {key.rpartition("/")[2] for key in known} == {"b.enc", "c.enc", "lees.txt"}


def test_what_one_sync_leaves_the_next_reads(turning, monkeypatch):
    """Of many objects each sync reads so many, behind those that it knows; until then it says that there are more."""
    monkeypatch.setattr(census, "MOST_READ", 3)
    files = Prefix(turning)
    for name in "abcde":
        files.write(name, name.encode())
    files.sync()
    assert dict(turning.choice(files.path).subject.detail)["files"] == "3+"
    assert read(files) == 2
    assert dict(turning.choice(files.path).subject.detail)["files"] == "5"
    assert read(files) == 0


def test_what_is_remembered_is_no_more_than_a_scan_shows(files):
    """The CMK that wraps, and no encryption context."""
    kept = "".join(one.told for one in read_before(files.turning.store, files.path).values())
    assert files.turning.own in kept
    assert "toepassing" not in kept
