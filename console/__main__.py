"""The front door: command line → settings → desk → a verb's answer, or the screens. It composes all."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from console.errors import ConsoleError, ExitCode, UsageError
from console.settings import LANGUAGES, load
from console.text.paths import join_path

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from console.assembly import Desk
    from console.commands.command import SandboxControl
    from console.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of one run; every error leaves as one sentence on stderr."""
    words = list(sys.argv[1:] if argv is None else argv)
    lang = _language(words)
    try:
        return _run(words, lang)
    except ConsoleError as error:
        return _complain(error, lang)
    except KeyboardInterrupt:
        return _complain(ConsoleError("interrupted"), lang, ExitCode.INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        return ExitCode.DONE
    except Exception:  # noqa: BLE001 - the last net: a person sees one sentence, the trace goes to a file
        return _complain(ConsoleError("unexpected", path=_keep_trace()), lang)


def _language(words: Sequence[str]) -> str:
    """The language for errors that come before the settings are known."""
    for at, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--lang=") else ""
        if word == "--lang" and at + 1 < len(words):
            value = words[at + 1]
        if value in LANGUAGES:
            return value
    import os

    from console.settings import locale_language

    given = os.environ.get("KMS_CONSOLE_LANG", "")
    return given if given in LANGUAGES else locale_language(os.environ)


def _complain(error: ConsoleError, lang: str, code: ExitCode | None = None) -> int:
    from console.text import Text

    print(Text(lang).t(error.key, **error.values), file=sys.stderr, flush=True)
    return error.exit if code is None else code


def _keep_trace() -> str:
    """Writes the current trace (code places and error texts, no values of ours) beside the cache."""
    import os
    import traceback
    from pathlib import Path

    import platformdirs

    folder = Path(platformdirs.user_state_dir("kms-console", appauthor=False))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "trace.log"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.write(traceback.format_exc() + "\n")
    return str(path)


def _run(words: list[str], lang: str) -> int:
    flags, args = _parse(words, lang)
    if flags is None:
        return ExitCode.DONE
    settings = load(flags)
    verb = getattr(args, "verb", None)
    with ExitStack() as stack:
        if settings.sandbox and verb != "sandbox":
            settings = _in_sandbox(flags, stack, lang)
        from console.assembly import assemble

        desk = assemble(settings, _control, _front_door(settings))
        stack.callback(desk.close)
        if settings.sandbox and verb not in ("sandbox", "sync", "doctor", "pull"):
            _first_sync(desk, quiet=bool(flags.get("quiet")))
        if args is not None:
            from console import cli

            if verb in {command.name for command in cli.VERBS}:
                return cli.run(desk, args)
        code = _screens(desk, verb or "explorer")
    return _run(["--sandbox", "--lang", settings.lang], lang) if code == TO_SANDBOX else code


TO_SANDBOX = -1
"""What the screens answer when somebody at an empty console asks for the sandbox."""


def _parse(words: list[str], lang: str) -> tuple[dict[str, Any] | None, argparse.Namespace | None]:
    """The flags given, and the whole of the command line. No words at all: the screens, without a parser."""
    if not words:
        return {}, None
    from console import cli
    from console.text import Text

    args = cli.parser(Text(lang)).parse_args(words)
    if getattr(args, "version", False):
        from importlib.metadata import version

        print(version("kms-console"))
        return None, args
    return dict(vars(args)), args


def _control() -> SandboxControl | None:
    from importlib.util import find_spec

    if find_spec("moto") is None:
        return None
    from console.embedded import SandboxDoor

    return SandboxDoor()


def _in_sandbox(flags: dict[str, Any], stack: ExitStack, lang: str) -> Settings:
    from console.output import ProgressLine
    from console.text import Text

    if _control() is None:
        raise ConsoleError("sandbox.not_installed")
    from console.embedded import enter

    line = ProgressLine(quiet=bool(flags.get("quiet")))
    line.show(Text(lang).t("sandbox.starting"))
    try:
        return enter(flags, stack)
    finally:
        line.clear()


def _first_sync(desk: Desk, *, quiet: bool) -> None:
    """A sandbox's cache that was never filled is filled before anybody looks."""
    if desk.settings.store.exists():
        return
    from console import cli
    from console.commands.sync import RunSync
    from console.output import ProgressLine

    line = ProgressLine(quiet=quiet)
    try:
        desk.dispatch.run(RunSync(), listen=lambda news: line.show(cli.progress(news, desk.text)))
    finally:
        line.clear()


def _front_door(settings: Settings) -> tuple[str, ...]:
    """The command line of a child that works with the same settings."""
    words = [sys.executable, "-m", "console", "--store", str(settings.store), "--role", settings.role]
    if settings.config and settings.configured:
        words += ["--config", str(settings.config)]
    if settings.endpoint_url:
        words += ["--endpoint-url", settings.endpoint_url]
    if settings.profile:
        words += ["--profile", settings.profile]
    if settings.regions:
        words += ["--region", ",".join(settings.regions)]
    if settings.scope:
        words += [
            "--scope",
            join_path(part for part in (settings.scope.tenant, settings.scope.application) if part),
        ]
    return tuple(words)


def _screens(desk: Desk, view: str) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("cli.no_terminal")
    import gc

    gc.disable()  # nothing of a start is garbage; the screens switch it on again once they are painted
    from screens.app import run

    return run(desk, view)


if __name__ == "__main__":
    sys.exit(main())
