"""What the linter cannot see: which libraries a real start loads."""

import os
import subprocess
import sys

import pytest

PROBE = (
    "import sys; from console.__main__ import main; code = main(sys.argv[1:]);"
    "print('LOADED', *sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr); sys.exit(code)"
)


def loaded(tmp_path, *words):
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    run = subprocess.run(
        [sys.executable, "-c", PROBE, *words], check=False, env=env, capture_output=True, text=True, timeout=60
    )
    last = [line for line in run.stderr.splitlines() if line.startswith("LOADED")]
    return set(last[0].split()[1:]), run


def test_help_loads_neither_aws_nor_screens(tmp_path):
    """`--help` answers without boto3, textual, sqlite-utils or moto."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "console", "--help"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0
    for heavy in ("boto3", "botocore", "textual", "sqlite_utils", "moto"):
        assert f" {heavy}\n" not in run.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["tree"],
        ["tree", "--json"],
        ["search", "x"],
        ["show", "Agentschap A"],
        ["rotations"],
        ["used-by", "alias/agentschap-a/x/productie"],
        ["pulse"],
        ["runs"],
    ],
    ids=" ".join,
)
def test_looking_at_the_cache_loads_neither_aws_nor_screens(tmp_path, words, filled_store):
    """A verb that only reads the cache imports neither boto3 nor textual nor sqlite-utils."""
    modules, run = loaded(tmp_path, *words, "--store", str(filled_store))
    assert run.returncode == 0, run.stderr
    assert not modules & {"boto3", "botocore", "textual", "sqlite_utils", "moto", "cryptography"}
