"""The commands that a person copies with: run by a real shell, so far as no disk is needed, and judged as pasted."""

import subprocess
from pathlib import Path

import pytest

from console.datakeys.ebs import comparing, copying
from console.workflow.model import Known, Told

OLD, NEW = "vol-0aaaaaaaaaaaaaaaa", "vol-0bbbbbbbbbbbbbbbb"
MACHINE = 'mountpoint() { :; }; blockdev() { stat -c %s "$2"; }; readlink() { echo "$2"; }; sudo() { :; }\n'
"""What there is on a machine with disks, and not here."""


def known(how, device="/dev/sdf"):
    """A run whose new volume hangs beside the old."""
    disks = [{"volume": OLD, "cmk": "", "intended": "arn:aws:kms:x"}]
    outputs = {
        "ebs_look": {"disks": {OLD: {"device": device}}, "instance": "i-1"},
        "ebs_volume": {"ids": {OLD: NEW}},
        "ebs_beside": {"how": how, "devices": {OLD: "/dev/sdg"}},
        "proof": {"verdict": "proven"},
    }
    return Known("run", OLD, {"disks": disks, "route": "fresh"}, Told(), Told(outputs))


def shell(*lines):
    """What bash says of these lines."""
    told = subprocess.run(
        ["bash", "-c", MACHINE + "\n".join(lines)], capture_output=True, text=True, timeout=30, check=False
    )
    return told.stdout


@pytest.fixture
def sides(tmp_path):
    """A folder with what folders hold, and a copy of it that keeps everything."""
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "map met spatie").mkdir(parents=True)
    (old / "map met spatie" / "brief.txt").write_text("gegevens")
    (old / "regel\neinde").write_text("een naam met een nieuwe regel")
    (old / "naar").symlink_to("map met spatie")
    subprocess.run(["cp", "-a", old, new], check=True)
    return old, new


def compared(sides):
    """The digests of both folders, as the console reads them from the shell's own output."""
    told = comparing.read(shell(copying.SIDE, f'side "{sides[0]}" {OLD}; side "{sides[1]}" {NEW}'))
    return told[OLD], told[NEW]


def test_a_whole_copy_of_files_has_the_same_digest(sides):
    """Two files, a folder and a link."""
    old, new = compared(sides)
    assert old == new
    assert old[1] == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda new: (new / "map met spatie" / "brief.txt").write_text("gegevenz"),
        lambda new: (new / "map met spatie" / "brief.txt").unlink(),
        lambda new: (new / "map met spatie" / "brief.txt").chmod(0o600),
        lambda new: (new / "erbij").write_text(""),
        lambda new: ((new / "naar").unlink(), (new / "naar").symlink_to("elders")),
        lambda new: (new / "regel\neinde").rename(new / "regel einde"),
    ],
    ids=["contents", "missing", "rights", "more", "link", "name"],
)
def test_a_copy_that_lacks_anything_has_another(sides, change):
    """What is in a file, which files there are, who may read them, where a link leads."""
    change(sides[1])
    old, new = compared(sides)
    assert old[0] != new[0]


def test_blocks_are_copied_and_told_to_the_last_byte(tmp_path):
    """The shown commands themselves, with two files in place of disks."""
    old, new = tmp_path / "xvdf", tmp_path / "xvdg"
    old.write_bytes(bytes(range(256)) * 40)
    new.write_bytes(b"")
    lines = [line.replace("/dev/", f"{tmp_path}/") for line in copying.comparing(known("blocks"))]
    told = comparing.read(shell(*lines))
    assert new.read_bytes() == old.read_bytes()
    assert told[OLD] == told[NEW]
    assert told[OLD][1] == 256 * 40


@pytest.mark.parametrize("how", ["files", "blocks"])
@pytest.mark.parametrize("act", [copying.copying, copying.holding, copying.comparing, copying.again])
def test_a_device_s_name_is_only_ever_a_name(how, act, tmp_path):
    """Whoever attached the volume chose it: a shell that reads the commands runs nothing that stands in it."""
    marked = tmp_path / "gelukt"
    lines = [line for line in act(known(how, f"/dev/sd';touch {marked};'")) if "'" in line or "disk()" in line]
    shell(*lines)
    assert not Path(marked).exists()


@pytest.mark.parametrize("how", ["files", "blocks", "windows"])
def test_every_act_names_the_volumes_that_it_is_about(how):
    """By the serial number that the machine itself shows, not by a letter alone."""
    for act in (copying.holding, copying.comparing):
        told = "\n".join(act(known(how)))
        assert (OLD in told, NEW in told) == (True, True)
    assert ("vol0bbb" in "\n".join(copying.again(known(how)))) == (how == "windows")


def test_a_copy_of_blocks_is_made_once():
    """Nothing may write while it lasts, so there is no first one."""
    assert copying.copying(known("blocks")) == ()
