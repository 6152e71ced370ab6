"""The console on a terminal beside an empty Textual app: first frame, key to paint, memory; ratios of one run.

`python tests/bench/bench_tui.py STORE [--runs 9] [--keys 60] [--screens]`, STORE made by tests/bench/synthetic.py
and judged by tests/bench/bench_findings.py. With `--screens` only this: from the key that opens a screen until its
answer is painted, beyond what `down` takes in the explorer; the goal is 100 ms.
Everything is measured from outside, through a pseudo terminal whose output pyte draws.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

import psutil
import pyte

COLUMNS, ROWS = 120, 36
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    pressed = 0
    def compose(self):
        yield Static("ready 0", id="line")
    def on_key(self, event):
        self.pressed += 1
        self.query_one("#line").update(f"ready {self.pressed}")
Empty().run()
"""
KEYS = {"up": b"\x1b[A", "down": b"\x1b[B", "pagedown": b"\x1b[6~", "end": b"\x1b[F", "home": b"\x1b[H"}
UNKNOWN = re.compile(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z]|\x1b\[[0-9;]*\$p|\x1b\[\?[0-9;]*\$p|\x1bP[^\x1b]*\x1b\\")
QUIET = 0.04


class Terminal:
    """A child on a pseudo terminal of its own, and what it has painted."""

    def __init__(self, words, env):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(words[0], words, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def read(self, wait):
        """What came within `wait` seconds, painted; None when nothing did."""
        if not select.select([self.fd], [], [], wait)[0]:
            return None
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return None
        self.stream.feed(UNKNOWN.sub(b"", data))
        return data

    def shows(self, text):
        return any(text in line for line in self.screen.display)

    def until(self, text, within=30.0):
        """Seconds from the start until `text` is on the screen."""
        while time.perf_counter() - self.started < within:
            if self.read(0.5) and self.shows(text):
                return time.perf_counter() - self.started
        raise SystemExit(f"{text!r} never came:\n" + "\n".join(self.screen.display))

    def settle(self, quiet=0.3):
        while self.read(quiet):
            pass

    def press(self, data):
        """Seconds from the key until the first changed paint; None where nothing changed."""
        before, start = list(self.screen.display), time.perf_counter()
        cursor = self._looks()
        os.write(self.fd, data)
        found = None
        while self.read(QUIET if found else 0.25):
            if found is None and (self.screen.display != before or self._looks() != cursor):
                found = time.perf_counter() - start
        return found

    def _looks(self):
        return [tuple((c.bg, c.bold) for c in (self.screen.buffer[y][x] for x in range(0, 40, 8))) for y in range(ROWS)]

    def memory(self):
        return psutil.Process(self.pid).memory_info().rss / 2**20

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def times(terminal, data, count):
    """Milliseconds of `count` presses that changed something; `data` alternates."""
    found = []
    for at in range(count):
        took = terminal.press(data[at % len(data)])
        if took is not None:
            found.append(took * 1000)
    return found


def told(name, ours, base):
    if not ours:
        print(f"{name:26} nothing changed")
        return
    p50, p99 = statistics.median(ours), sorted(ours)[int(len(ours) * 0.99)]
    print(
        f"{name:26} p50 {p50:6.1f}  p99 {p99:6.1f}  p99 beyond the empty app {p99 - base:6.1f} ms  ({len(ours)} presses)"
    )


def environment(store, home):
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE")}
    return kept | {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "nl_BE.UTF-8", "HOME": home, "XDG_CONFIG_HOME": home,
        "KMS_CONSOLE_STORE": str(store),
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--screens", action="store_true")
    asked = parser.parse_args()
    home = tempfile.mkdtemp()
    try:
        env = environment(asked.store.resolve(), home)
        screens(asked, env) if asked.screens else measure(asked, env, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def measure(asked, env, home):
    script = Path(home) / "empty.py"
    script.write_text(EMPTY)
    empty = ([sys.executable, str(script)], "ready 0")
    ours = ([str(Path(sys.executable).with_name("kms-console"))], "▸")
    firsts = {"empty": [], "ours": []}
    for run in range(asked.runs + 1):
        for name, (words, marker) in (("empty", empty), ("ours", ours)):
            terminal = Terminal(words, env)
            took = terminal.until(marker)
            terminal.close()
            if run:  # the first round warms the caches
                firsts[name].append(took * 1000)
    base, mine = (statistics.median(firsts[name]) for name in ("empty", "ours"))
    print(f"first frame: empty {base:.0f} ms, ours {mine:.0f} ms, ratio {mine / base:.2f}")

    terminal = Terminal(empty[0], env)
    terminal.until(empty[1])
    terminal.settle()
    presses = times(terminal, [b"a"], asked.keys)
    empty_memory, empty_p99 = terminal.memory(), sorted(presses)[int(len(presses) * 0.99)]
    terminal.close()
    print(f"empty app: key p50 {statistics.median(presses):.1f}  p99 {empty_p99:.1f} ms, {empty_memory:.0f} MiB")

    terminal = Terminal(ours[0], env)
    terminal.until(ours[1])
    terminal.settle()
    walk(terminal, asked.keys, empty_p99, "folded")
    print(f"memory {terminal.memory():.0f} MiB, {terminal.memory() - empty_memory:.0f} above the empty app")
    os.write(terminal.fd, b"F")
    terminal.settle()
    typed = []
    for word in ("agentschap", "web-1", "vol-0a", "productie", "arn:aws:kms:eu"):
        typed += times(terminal, [bytes([c]) for c in word.encode()], len(word))
        os.write(terminal.fd, b"\x7f" * len(word))
        terminal.settle()
    told("search, each letter", typed, empty_p99)
    os.write(terminal.fd, b"\x1b")
    terminal.settle()
    os.write(terminal.fd, b"g*")
    terminal.settle(3)
    walk(terminal, asked.keys, empty_p99, "all unfolded")
    print(f"memory {terminal.memory():.0f} MiB with everything unfolded")
    terminal.close()


TO_CMK = KEYS["home"] + b"".join([b"\x1b[C", KEYS["down"]] * 3)
"""Down to the first CMK of the first tenant, from its place."""

SCREENS = (
    ("pulse of all", b":pulse /\r", "Resources naar soort"),
    ("pulse of the branch", b":pulse\r", "Resources naar soort"),
    ("findings of all", b":findings /\r", "ernst"),
    ("findings of the branch", b"f", "ernst"),
    ("blast radius", b"u", "raakt"),
    ("card", b"t", "KMS-kaart"),
    ("cost tab", b"6", "USD"),
    ("search", b"F", "zoek"),
    ("calendar of all", b":rotations /\r", "jan"),
    ("calendar of the branch", b"r", "jan"),
    ("history of all", b":history /\r", "HBK"),
    ("history of the branch", b":history\r", "HBK"),
    ("changes in 30 days", b":diff 30d\r", "30"),
    ("audit", b":audit\r", "Wie"),
    ("help", b"?", "toets"),
)
"""What opens each screen, and words that are there once its answer is."""


def screens(asked, env):
    terminal = Terminal([str(Path(sys.executable).with_name("kms-console"))], env)
    terminal.until("▸")
    terminal.settle()
    os.write(terminal.fd, TO_CMK)
    terminal.settle(0.6)
    frame = statistics.median(times(terminal, [KEYS["up"], KEYS["down"]], 20))
    print(f"a key in the explorer: p50 {frame:.1f} ms")
    for name, keys, words in SCREENS:
        took = [opened(terminal, keys, words) for _ in range(asked.runs + 1)]
        if None in took:
            print(f"{name:26} {words!r} never came")
            continue
        first, rest = took[0] * 1000 - frame, sorted(t * 1000 - frame for t in took[1:])
        print(
            f"{name:26} first {first:6.1f}  p50 {statistics.median(rest):6.1f}  worst {rest[-1]:6.1f} ms beyond a key"
        )
    terminal.close()


def opened(terminal, keys, words):
    """Seconds from the last key until the words are on the screen; then back to where it was."""
    for part in (keys[:1], keys[1:-1]) if len(keys) > 1 else ():
        os.write(terminal.fd, part)
        terminal.settle(0.25)
    start, shown = time.perf_counter(), None
    os.write(terminal.fd, keys[-1:])
    before = list(terminal.screen.display)
    while time.perf_counter() - start < 5:
        if terminal.read(0.2) and terminal.screen.display != before and terminal.shows(words):
            shown = time.perf_counter() - start
            break
    terminal.settle(0.2)
    os.write(terminal.fd, b"1" if keys == b"6" else b"\x1b")
    terminal.settle(0.4)
    return shown


def walk(terminal, count, base, how):
    told(f"down, {how}", times(terminal, [KEYS["down"]], count), base)
    told(f"page down, {how}", times(terminal, [KEYS["pagedown"]], min(count, 10 if how == "folded" else count)), base)
    told(f"end and home, {how}", times(terminal, [KEYS["end"], KEYS["home"]], 20), base)


if __name__ == "__main__":
    main()
