"""The sandbox as a process: found again, joined, kept, lost, and never left behind."""

import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.sandbox import process
from console.sandbox.folder import Folder
from tests.sandbox.conftest import Aws


@pytest.fixture
def folder(tmp_path):
    """A folder whose sandbox is ended afterwards, whatever happened."""
    folder = tmp_path / "sandbox"
    yield folder
    process.stop(folder)


def bucket(running, name):
    s3 = Aws(running).client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=name, Key="a", Body=b"inhoud")


def until(true, seconds=10):
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def test_the_folder_is_closed_to_others(folder):
    """Credentials, token and state are for this user alone."""
    process.start(folder, empty=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o600}


def test_state_survives_down_and_up(folder):
    """Keys, ciphertext, objects, volumes and the clock are as they were left."""
    first = process.start(folder, empty=True)
    kms = Aws(first).client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"geheim")["CiphertextBlob"]
    bucket(first, "blijft")
    disk = Aws(first).client("ec2").create_volume(Size=1, AvailabilityZone="eu-west-1a")["VolumeId"]
    moment = process.advance(folder, 100)
    process.stop(folder)
    assert process.running(folder) is None
    again = Aws(process.start(folder, empty=True))
    assert again.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"geheim"
    assert again.client("s3").get_object(Bucket="blijft", Key="a")["Body"].read() == b"inhoud"
    assert again.client("ec2").describe_volumes()["Volumes"][0]["VolumeId"] == disk
    assert 0 <= (process.moment(folder) - moment).total_seconds() < 60
    assert again.client("ec2").create_volume(Size=1, AvailabilityZone="eu-west-1a")["VolumeId"] != disk


def test_a_killed_sandbox_has_lost_a_second_at_most(folder):
    """State is written shortly after every change, whole or not at all."""
    running = process.start(folder, empty=True)
    bucket(running, "gered")
    saved = folder / "state"
    assert until(lambda: saved.exists() and b"inhoud" in saved.read_bytes(), seconds=3)
    os.kill(running.pid, signal.SIGKILL)
    assert until(lambda: process.running(folder) is None)
    again = Aws(process.start(folder, empty=True))
    assert again.client("s3").get_object(Bucket="gered", Key="a")["Body"].read() == b"inhoud"


def test_fresh_forgets_what_was(folder):
    """`fresh` starts from nothing."""
    bucket(process.start(folder, empty=True), "weg")
    process.stop(folder)
    again = Aws(process.start(folder, empty=True, fresh=True))
    assert again.client("s3").list_buckets()["Buckets"] == []


def test_a_damaged_state_is_set_aside(folder):
    """It is kept for whoever wants to look, and the sandbox starts anew."""
    process.start(folder, empty=True)
    process.stop(folder)
    (folder / "state").write_bytes(b"\x80\x05garbage")
    (folder / "state").chmod(0o600)
    assert process.start(folder, empty=True)
    assert (folder / "state.old").read_bytes() == b"\x80\x05garbage"


def test_a_state_that_others_could_write_is_not_trusted(folder):
    """A pickle is a program: only a private file is read."""
    bucket(process.start(folder, empty=True), "vreemd")
    process.stop(folder)
    (folder / "state").chmod(0o666)
    again = Aws(process.start(folder, empty=True))
    assert again.client("s3").list_buckets()["Buckets"] == []


def test_two_starts_at_once_give_one_sandbox(folder):
    """The second joins the first."""
    with ThreadPoolExecutor(2) as starters:
        both = list(starters.map(lambda _: process.start(folder, empty=True), range(2)))
    assert both[0] == both[1] == process.running(folder)


def test_a_port_that_is_taken_is_said(folder, tmp_path):
    """The reason names the port; nothing is left running."""
    taken = process.start(folder, empty=True).endpoint.rpartition(":")[2]
    with pytest.raises(process.SandboxError, match=f"port {taken}"):
        process.start(tmp_path / "other", empty=True, port=int(taken))
    assert process.running(tmp_path / "other") is None


def test_nothing_is_up_where_nothing_was_started(tmp_path):
    """Asking costs nothing and stopping does no harm."""
    assert process.running(tmp_path) is None
    process.stop(tmp_path)
    with pytest.raises(process.SandboxError):
        process.advance(tmp_path, 1)


def test_a_private_sandbox_ends_with_its_parent_even_by_sigkill(tmp_path):
    """No parent can forget to end it; its folder goes with it."""
    folder = tmp_path / "private"
    code = (
        "import sys, time; from pathlib import Path; from console.sandbox import process; "
        "print(process.start(Path(sys.argv[1]), private=True, empty=True).pid, flush=True); time.sleep(100)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)
    assert int(parent.stdout.readline()) == process.running(folder).pid
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until(lambda: not folder.exists())


def test_advancing_rotates_what_falls_due_and_records_it(folder):
    """Two years ahead a yearly key has rotated twice, each with its event at its own date."""
    running = process.start(folder, empty=True)
    aws = Aws(running)
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    process.advance(folder, 340)
    assert kms.list_key_rotations(KeyId=key)["Rotations"] == []
    process.advance(folder, 400)
    dates = sorted(one["RotationDate"] for one in kms.list_key_rotations(KeyId=key)["Rotations"])
    assert len(dates) == 2
    assert (dates[1] - dates[0]).days == 365
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "RotateKey"}]
    event = aws.client("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"][0]
    assert event["EventTime"] == dates[1].replace(microsecond=0)


def test_looking_whether_a_folder_is_free_meets_no_sandbox_that_is_just_removing_it(tmp_path):
    home = Folder(tmp_path / "sandbox")
    assert home.free()
    home.make()
    assert home.free()
    assert not list(home.path.iterdir())
