"""Plaintext and plaintext keys go through memory and are nowhere else, also where KMS or the disk goes wrong."""

import pytest

from console.aws import session
from console.workflow.model import Known
from console.workflows.dk_rotation import WORKFLOW
from store.run_records import RunStatus
from tests.datakeys.folders import Folder
from tests.datakeys.turning import Turning
from tests.datakeys.unseen import everything, seen
from tests.faults import faults
from tests.faults.proxy import each, some, standing_before
from tests.workflow.texts import missing_texts

NEEDLE = b"Zx9-dossier-van-een-burger-7731-geheim"


@pytest.fixture
def proxy(cloud, monkeypatch):
    monkeypatch.setattr(session, "ATTEMPTS", 1)
    monkeypatch.setattr(session, "READ_SECONDS", 0.5)
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


def test_a_call_to_kms_that_goes_wrong_costs_a_sentence(turning, tmp_path, proxy):
    """Refused, slow, cut off or lost: told without the contents, resumed, and the files are rotated once."""
    first = filled(turning, tmp_path / "map").sync()
    proxy.reset()
    turning.engine().resume(first.begun())
    assert {"kms.Decrypt", "kms.GenerateDataKey"} <= set(proxy.calls)
    cases = some(each(proxy.calls), 15)
    folders = [filled(turning, tmp_path / f"map{number}") for number in range(len(cases))]
    turning.sync()
    for case, folder in zip(cases, folders, strict=True):
        before, run = folder.keys(), folder.begun()
        proxy.reset()
        proxy.fail(case.fault, at=case.at)
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
