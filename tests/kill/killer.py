"""Kills a process at any moment of its work, by a real SIGKILL, and lets another one go on.

`Killer("tests.workflow.toys:resume")` forks a child for each call of that function, which takes strings. A child is
killed at its nth *moment* (before and after every write of the run repository, every request to AWS and every call
of a `tick` in the function's module), or after so many seconds, or not at all.
"""

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

STORY_SECONDS = 60


@dataclass(frozen=True)
class Ended:
    """How a child ended: `killed`, or with this exit code after so many moments; `said` is its answer."""

    killed: bool
    code: int = 0
    moments: int = 0
    said: str = ""


class Tripwire:
    """Counts moments, and kills its own process at the chosen one."""

    def __init__(self, at):
        self.at = at
        self.count = 0

    def tick(self, *_args, **_rest):
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner, name):
        """Moments before and after a method of a class."""
        inner = getattr(owner, name)

        def wrapped(*args, **rest):
            self.tick()
            try:
                return inner(*args, **rest)
            finally:
                self.tick()

        setattr(owner, name, wrapped)


def arm(target, at):
    """A tripwire over the repository, AWS and the module's own moments."""
    from store.runs import RunRepository

    wire = Tripwire(at)
    wire.around(RunRepository, "write")
    wire.around(RunRepository, "claim")
    if "botocore.httpsession" in sys.modules:
        wire.around(sys.modules["botocore.httpsession"].URLLib3Session, "send")
    module = sys.modules[target.__module__]
    if hasattr(module, "tick"):
        module.tick = wire.tick
    return wire


def serve(name):
    """The nursery: imports once, then forks a child for every line it reads."""
    module, _, function = name.partition(":")
    target = getattr(import_module(module), function)
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(_child(target, told))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}), flush=True)


def _child(target, told):
    wire = arm(target, told["at"])
    try:
        said = target(*told["args"])
    except BaseException as error:  # noqa: BLE001 - the parent judges
        from console.errors import ConsoleError

        if not isinstance(error, ConsoleError):
            import traceback

            traceback.print_exc()
        said = getattr(error, "key", type(error).__name__)
        code = int(getattr(error, "exit", 99))
    else:
        code = 0
    Path(told["report"]).write_text(json.dumps({"code": code, "moments": wire.count, "said": said}))
    return code


class Killer:
    """Children that do one function's work, each until it ends or is killed. `modules` are imported beforehand."""

    def __init__(self, target, folder, *modules, env=None):
        code = f"import sys; {''.join(f'import {m}; ' for m in modules)}from tests.kill.killer import serve; serve({target!r})"
        self._child = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=None if env is None else {**os.environ, **env},
        )  # fmt: skip
        self._report = folder / "killer-report.json"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.stdin.close()
        self._child.wait(10)
        self._child.stdout.close()

    def call(self, *args, at=0, after=None):
        """The function's work in a child, killed at its moment `at`, or `after` seconds; neither: to its end."""
        self._report.unlink(missing_ok=True)
        self._child.stdin.write(json.dumps({"args": args, "at": at, "report": str(self._report)}) + "\n")
        self._child.stdin.flush()
        pid = int(self._child.stdout.readline())
        if not select.select([self._child.stdout], [], [], STORY_SECONDS if after is None else after)[0]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            assert after is not None, "a child that was not to be killed did not end"
        killed = json.loads(self._child.stdout.readline())["signal"] == signal.SIGKILL
        return Ended(killed=True) if killed else Ended(killed=False, **json.loads(self._report.read_text()))

    def survive(self, chance, most, *args):
        """Kill after kill at moments by chance within `most`, until one child comes to its end: how often it died."""
        for deaths in range(1000):
            if not self.call(*args, at=chance.randint(1, most)).killed:
                return deaths
        raise AssertionError("it never came to its end")


def chance(seed):
    return random.Random(seed)


def until(seconds):
    """Counts as long as there is time: for stories that are told as often as a budget allows."""
    begun, number = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        yield number
        number += 1
