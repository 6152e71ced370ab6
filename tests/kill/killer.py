"""Kills a process at any moment of its work, by a real SIGKILL, and lets another one go on.

`Killer("tests.workflow.toys:resume")` forks a child for each call of that function, which takes strings. A child is
killed at its nth *moment* (before and after every write of the run repository, every request to AWS and every call
of a `tick` in the function's module), or after so many seconds, or not at all.

`for number in killer.often(3): …` tells a story until three of its children were killed; KILLS=100 in the environment:
until a hundred were, one in three by the clock, wherever it then is.
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

KILLS = int(os.environ.get("KILLS", "0"))
"""How many children every story by chance kills; 0: as few as it needs itself."""

BY_CLOCK = 1 / 3 if KILLS else 0.0
"""How many of the kills by chance are by the clock: a suite that runs once repeats itself, one that searches need not."""

MISSES = 20
"""Rounds for each kill that is wanted: a story whose kills come too late would never end."""


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
        if 0 < self.at <= self.count:  # threads may count past it
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
    for name in ("create", "claim", "write"):
        wire.around(RunRepository, name)
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
        self._target, self._pace = target, 0.01
        self.deaths = self.ends = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        print(f"{self._target}: {self.deaths} killed, {self.ends} at their end")
        self._child.stdin.close()
        self._child.wait(10)
        self._child.stdout.close()

    def call(self, *args, at=0, after=None):
        """The function's work in a child, killed at its moment `at`, or `after` seconds; neither: to its end."""
        self._report.unlink(missing_ok=True)
        self._child.stdin.write(json.dumps({"args": args, "at": at, "report": str(self._report)}) + "\n")
        self._child.stdin.flush()
        pid, begun = int(self._child.stdout.readline()), time.monotonic()
        if not select.select([self._child.stdout], [], [], STORY_SECONDS if after is None else after)[0]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            assert after is not None, "a child that was not to be killed did not end"
        if json.loads(self._child.stdout.readline())["signal"] == signal.SIGKILL:
            self.deaths += 1
            return Ended(killed=True)
        self.ends += 1
        ended = Ended(killed=False, **json.loads(self._report.read_text()))
        self._pace = (time.monotonic() - begun) / max(1, ended.moments)
        return ended

    def strike(self, chance, most, *args):
        """The function's work in a child that is killed by chance somewhere in its first `most` moments."""
        if chance.random() < BY_CLOCK:
            return self.call(*args, after=chance.uniform(0, most * self._pace))
        return self.call(*args, at=chance.randint(1, most))

    def survive(self, chance, most, *args):
        """Kill after kill by chance within `most` moments, until one child comes to its end: how often it died."""
        for deaths in range(1000):
            if not self.strike(chance, most, *args).killed:
                return deaths
        raise AssertionError("it never came to its end")

    def often(self, few):
        """Counts rounds, until so many children (or KILLS of them) were killed in these."""
        first, wanted = self.deaths, KILLS or few
        for number in range(MISSES * wanted):
            if self.deaths - first >= wanted:
                return
            yield number
        raise AssertionError("its kills come too late")


def chance(seed):
    return random.Random(seed)
