"""What is documented exists, and what exists is documented."""

import re
import tomllib
from pathlib import Path

import pytest

import console
from console.cli import VERBS, VIEWS
from console.settings import load
from screens.views import BY_WORD

ROOT = Path(console.__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", [*(verb.name for verb in VERBS), *VIEWS])
def test_the_readme_names_every_verb_and_view(name):
    """A verb or view that the README does not name does not exist for a newcomer."""
    assert re.search(rf"`(?:kms-console )?{name}\b", README)


def test_every_view_of_the_command_line_is_one_of_the_screens():
    """What opens from the command line opens with the same word from inside."""
    assert set(VIEWS) <= {"explorer", *BY_WORD}


def test_the_readme_links_to_files_that_are_there():
    """No dead link to a file of the project."""
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_settings_in_the_readme_are_settings(tmp_path):
    """The example file loads, also with every commented line switched on."""
    example = re.search(r"```toml\n(.*?)```", README, re.DOTALL)[1]
    lines = []
    for line in example.splitlines():
        switched = re.sub(r"^# (?=\w+ = )", "", line)
        lines += re.split(r"  +(?=\w+ = )", switched) if switched != line else [line]
    path = tmp_path / "config.toml"
    path.write_text("\n".join(lines).replace('"…"', '"x"'))
    tomllib.loads(path.read_text())
    settings = load({"config": str(path)}, {})
    assert settings.tenants[0].profile == "x"
    assert settings.quotas == (("ListKeyRotations", 100.0),)


def test_the_project_speaks_only_of_itself():
    """No absolute path of a machine, no registry's host, in any tracked text."""
    hosts = ("python" + "hosted", "py" + "pi.org", "registry." + "npmjs")
    for path in ROOT.rglob("*"):
        if path.suffix in {".py", ".md", ".toml", ".txt", ".po", ".tcss"} and ".venv" not in path.parts:
            text = path.read_text(errors="replace")
            assert not [host for host in hosts if host in text], path
