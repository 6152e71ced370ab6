"""Looks for bytes that nobody should find: as they are, in hex, and in base64 wherever it may begin."""

import base64
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.clouds import CENTRAL, ROLE

ROOT = Path(__file__).parents[2]
OFFSETS = 3


def forms(needle):
    """Every way in which the bytes may stand somewhere."""
    found = {needle, needle.hex().encode(), needle.hex().upper().encode(), needle.decode("latin-1").encode("utf-16-le")}
    for before in range(OFFSETS):
        whole = base64.b64encode(b"\0" * before + needle)
        middle = whole[4 if before else 0 : -4]  # its ends depend on the neighbours
        found |= {middle, middle.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def seen(needle, data):
    """The forms in which the needle stands in the data."""
    return [form for form in forms(needle) if form in data]


def everything(folder):
    """Every file below a folder as it is at this moment: store, WAL, logs, audit, cursors."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            try:
                found[path] = path.read_bytes()
            except FileNotFoundError:
                continue
    return found


def within(error):
    """All that an exception carries along: its texts, its values, its causes and theirs."""
    told, waiting, known = [], [error], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in known:
            continue
        known.add(id(one))
        told += [repr(one), str(one), repr(getattr(one, "__dict__", {}))]
        told += [repr(vars(value)) for value in vars(one).values() if hasattr(value, "__dict__")]
        waiting += [one.__cause__, one.__context__]
    return "\n".join(told).encode()


def console(folder, config, *words):
    """The console as a process of its own: its exit code, what it said, and what stood on disk and in the process list
    while it ran.
    """
    environ = {**os.environ, "KMS_CONSOLE_CONFIG": str(config), "KMS_CONSOLE_STORE": str(folder / "estate.db")}
    child = subprocess.Popen(
        [sys.executable, "-m", "console", *words], cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )  # fmt: skip
    met = set()
    while child.poll() is None:
        met |= {*everything(folder).values(), *processes()}
    return child.returncode, child.stdout.read(), b"\n".join(met)


def processes():
    """Command line and environment of every process that can be looked at, as `ps` shows them to others."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone, or somebody else's
            found += [(path / "cmdline").read_bytes(), (path / "environ").read_bytes()]
    return found


def configured(turning, folder):
    """A settings file for a console of its own that may do what this tenant and the central account may."""
    (tenant,) = turning.settings.tenants
    files = "".join(
        f'[[files]]\ntenant = "{tenant.name}"\npath = "{one.path}"\nkey = "{one.key}"\n'
        f'application = "{one.application}"\nenvironment = "{one.environment}"\nrows = {one.rows}\n'
        for one in tenant.files
    )
    path = folder / "config.toml"
    path.write_text(
        f'[aws]\nendpoint_url = "{turning.settings.endpoint_url}"\nregions = ["{turning.region}"]\n'
        f'central_account = "{CENTRAL}"\nprofile = "central"\n[console]\nlanes = ["central", "tenant"]\n'
        f'[[tenants]]\nname = "{tenant.name}"\naccounts = ["{turning.account}"]\n'
        f'role_arn = "{ROLE}"\nact_role_arn = "{ROLE}"\n{files}'
    )
    return path
