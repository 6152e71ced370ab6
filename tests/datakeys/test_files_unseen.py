"""Plaintext and plaintext keys go through memory and are nowhere else, also where KMS or the disk goes wrong."""

import errno
import io
import logging

import pytest

from console.aws.refusals import AwsRefusal
from console.datakeys.envelope import header
from console.datakeys.envelope.sealing import NotAMessageError, Sealer
from console.errors import ConsoleError
from console.workflow.model import Known
from console.workflows.dk_rotation import WORKFLOW
from store.run_records import RunStatus
from tests.datakeys.folders import Folder
from tests.datakeys.turning import Turning
from tests.datakeys.unseen import configured, console, everything, seen, within
from tests.faults import faults
from tests.faults.proxy import each, impatient, some, standing_before
from tests.workflow.texts import missing_texts

NEEDLE = b"Zx9-dossier-van-een-burger-7731-geheim"


@pytest.fixture
def proxy(cloud):
    with standing_before(cloud.endpoint) as proxy:
        yield proxy


@pytest.fixture
def turning(cloud, here, tmp_path, proxy):
    return Turning(cloud, here, tmp_path, endpoint_url=proxy.url)


def filled(turning, path):
    folder = Folder(turning, path)
    folder.write("a.enc", NEEDLE * 5_000)
    folder.write("b.enc", NEEDLE)
    return folder


def test_nothing_in_the_clear_is_written_anywhere(turning, tmp_path, own_home):
    """At every checkpoint all files are searched: for the contents, and for each data key, in any form."""
    folder = filled(turning, tmp_path / "map").sync()
    keys, met = {*folder.keys().values()}, []
    run = folder.begun()
    turning.engine().resume(run, lambda _: met.extend([*everything(tmp_path).values(), *everything(own_home).values()]))
    keys |= {*folder.keys().values()}
    met += [
        *everything(tmp_path).values(),
        repr(turning.engine().show(run)).encode(),
        repr(turning.verdicts(run)).encode(),
    ]
    whole = b"\n".join({*met})
    assert len(keys) == 4
    assert b"file_write" in whole
    assert not seen(NEEDLE, whole)
    assert not [key for key in keys if seen(key, whole)]


def test_a_console_leaves_no_trace_of_contents_or_keys(turning, tmp_path, own_home):
    """From beginning to end in a process of its own: store, WAL, log, audit, answer and process list."""
    folder = filled(turning, tmp_path / "map").sync()
    before, config = folder.keys(), configured(turning, tmp_path)
    turning.store.close()
    _, said, met = console(tmp_path, config, "rotate", str(folder.path), "--yes", "--write")
    left = b"".join([*everything(tmp_path).values(), *everything(own_home).values()])
    after = folder.keys()
    assert not {*before.values()} & {*after.values()}, said.decode()
    assert b"rotate\0" + str(folder.path).encode() in met
    assert b"file_write" in left
    assert not [key for key in (NEEDLE, *before.values(), *after.values()) if seen(key, said + met + left)]


class Full(io.BytesIO):
    """A disk that has no room after the first frames."""

    def write(self, data):
        if self.tell() > len(NEEDLE) * 2_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def rewritten(turning, path, target):
    """The message at this path sealed anew by a sealer that asks KMS through the proxy."""
    account, *_ = turning.cloud.aws(turning.settings).accounts()
    client = account.client("kms", turning.region)
    with path.open("rb") as source:
        told = header.read(source)
        source.seek(0)
        Sealer(lambda _: client).rewrite(source, target, told, turning.own)


@pytest.mark.parametrize("fault", faults.ALL, ids=str)
@pytest.mark.parametrize("call", ["Decrypt", "GenerateDataKey"])
def test_no_error_of_kms_carries_contents_or_keys_along(turning, tmp_path, proxy, caplog, fault, call):
    """The exception, its causes and all that was logged on the way."""
    caplog.set_level(logging.DEBUG, logger="console")
    folder = Folder(turning, tmp_path / "map")
    path = folder.write("a.enc", NEEDLE * 5_000)
    proxy.fail(fault, of=f"kms.{call}")
    with impatient(), pytest.raises((AwsRefusal, ConsoleError)) as caught:
        rewritten(turning, path, io.BytesIO())
    told = within(caught.value) + caplog.text.encode()
    assert not [key for key in (NEEDLE, *folder.keys().values()) if seen(key, told)]


@pytest.mark.parametrize(
    ("broken", "target", "wrong"),
    [
        (lambda body: body[:-40], io.BytesIO, NotAMessageError),
        (lambda body: body + NEEDLE, io.BytesIO, NotAMessageError),
        (lambda body: body[:-90_000] + bytes([body[-90_000] ^ 1]) + body[-89_999:], io.BytesIO, NotAMessageError),
        (lambda body: body, Full, OSError),
    ],
    ids=["torn", "followed", "forged", "full disk"],
)
def test_no_error_of_a_file_carries_contents_or_keys_along(turning, tmp_path, broken, target, wrong):
    """Half of it was open in memory when it went wrong."""
    folder = Folder(turning, tmp_path / "map")
    path = folder.write("a.enc", NEEDLE * 5_000)
    keys = folder.keys().values()
    path.write_bytes(broken(path.read_bytes()))
    with pytest.raises(wrong) as caught:
        rewritten(turning, path, target())
    assert not [key for key in (NEEDLE, *keys) if seen(key, within(caught.value))]


def test_a_call_to_kms_that_goes_wrong_costs_a_sentence(turning, tmp_path, proxy):
    """Refused, slow, cut off or lost: told without the contents, resumed, and the files are rotated once."""
    first = filled(turning, tmp_path / "map").sync()
    proxy.reset()
    turning.engine().resume(first.begun())
    assert {"kms.Decrypt", "kms.GenerateDataKey"} <= set(proxy.calls)
    cases = some(each(proxy.calls), 9)
    folders = [filled(turning, tmp_path / f"map{number}") for number in range(len(cases))]
    turning.sync()
    for case, folder in zip(cases, folders, strict=True):
        before, run = folder.keys(), folder.begun()
        proxy.reset()
        proxy.fail(case.fault, at=case.at)
        with impatient():
            view = turning.engine().resume(run)
        assert view.run.status in (RunStatus.FAILED, RunStatus.PAUSED, RunStatus.WAITING), case
        assert not seen(NEEDLE, repr(view).encode()), case
        proxy.reset()
        if view.run.status is not RunStatus.WAITING:
            turning.engine().resume(run)
        folder.renewed(run, before)


def test_a_cmk_disabled_in_the_middle_leaves_every_file_as_it_was(turning, tmp_path, proxy):
    """Said in one sentence; on again, the same run comes to its end."""
    folder = filled(turning, tmp_path / "map").sync()
    before, run = folder.keys(), folder.begun()
    kms = turning.cloud.client("kms", turning.region)
    proxy.reset()
    proxy.fail(faults.meanwhile(lambda: kms.disable_key(KeyId=turning.own)), at=2, of="kms.GenerateDataKey")
    view = turning.engine().resume(run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "run.aws_refused")
    kms.enable_key(KeyId=turning.own)
    assert folder.keys() == before
    turning.engine().resume(run)
    folder.renewed(run, before)


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "file", "route": "rewrite", "folder": "/srv/berichten"},
        {"kind": "file", "route": "rewrite", "folder": "s3://berichten/archief"},
        {"kind": "secret", "route": "put"},
        {"kind": "secret", "route": "move"},
    ],
    ids=["folder", "prefix", "put", "move"],
)
def test_every_step_has_its_words(facts):
    """Titles, sentences and fields of the computed steps, in both languages."""
    assert not missing_texts(WORKFLOW, Known(facts=facts))
