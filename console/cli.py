"""The verbs: options come from the commands' own fields, answers go out as reports, errors as one sentence."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from console.commands.audit import AskAudit
from console.commands.blast import ShowBlast
from console.commands.cards import ShowThing
from console.commands.cost import ShowCost
from console.commands.evidence import ListVerdicts, RetireOld
from console.commands.exchange import Publish, Pull
from console.commands.findings import ListFindings
from console.commands.history import CompareMoments, ListEvents
from console.commands.inventory import Search, ShowTree
from console.commands.pulse import ShowPulse
from console.commands.replace import ReplaceCmk
from console.commands.requests import RequestCmk
from console.commands.rotate import RotateDataKeys
from console.commands.rotations import ListRotations
from console.commands.runs import Runs
from console.commands.sandbox import Sandbox
from console.commands.sync import RunDoctor, RunSync
from console.errors import ExitCode, UsageError
from console.settings import LANGUAGES, ROLES, THEMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field

    from console.assembly import Desk
    from console.commands.command import Command
    from console.text import Text

VERBS: tuple[type[Command], ...] = (
    RunSync,
    ShowTree,
    ShowThing,
    Search,
    ListRotations,
    ListEvents,
    CompareMoments,
    ListFindings,
    ShowBlast,
    ShowPulse,
    ShowCost,
    AskAudit,
    RequestCmk,
    RotateDataKeys,
    ReplaceCmk,
    ListVerdicts,
    RetireOld,
    Runs,
    Publish,
    Pull,
    RunDoctor,
    Sandbox,
)
VIEWS = ("explorer", "calendar", "history", "requests", "help")

_STRING_FLAGS = ("profile", "region", "scope", "store", "config", "endpoint-url")
_CHOICE_FLAGS = {"role": ROLES, "lang": LANGUAGES, "theme": THEMES}
_SWITCHES = ("sandbox", "write", "json", "csv")

PIPED = 1_000_000
"""Characters read from stdin."""


class Parser(argparse.ArgumentParser):
    """argparse that raises instead of printing and leaving."""

    def error(self, message: str) -> NoReturn:
        raise UsageError("cli.usage", detail=message, prog=self.prog)


def parser(text: Text) -> argparse.ArgumentParser:
    """The command line of all verbs, in the language of `text`."""
    # argparse takes its own words from gettext through this one name; ours stand in the same catalogues.
    setattr(argparse, "_", text.t)  # noqa: B010 - the name is argparse's, the type checker's view of it is private
    shared = _shared(text)
    top = Parser(
        prog="kms-console",
        description=text.t("cli.about"),
        epilog=text.t("cli.epilog"),
        parents=[shared],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", default=argparse.SUPPRESS, help=text.t("cli.version"))
    verbs = top.add_subparsers(dest="verb", metavar=text.t("cli.verb"), parser_class=Parser)
    for command in VERBS:
        help_text = text.t(f"cli.{command.name}")
        verb = verbs.add_parser(
            command.name, help=help_text, description=help_text, parents=[shared], allow_abbrev=False
        )
        _add_fields(verb, command, text)
    for view in VIEWS:
        verbs.add_parser(view, help=text.t(f"cli.view.{view}"), parents=[shared], allow_abbrev=False)
    return top


def _shared(text: Text) -> Parser:
    shared = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = shared.add_argument_group(text.t("cli.global"))
    for name in _SWITCHES:
        group.add_argument(f"--{name}", action="store_true", help=text.t(f"cli.{name}"))
    group.add_argument("-q", dest="quiet", action="store_true", help=text.t("cli.quiet"))
    for name, choices in _CHOICE_FLAGS.items():
        group.add_argument(f"--{name}", choices=choices, help=text.t(f"cli.{name}"))
    for name in _STRING_FLAGS:
        group.add_argument(f"--{name}", metavar=name.upper(), help=text.t(f"cli.{name}"))
    return shared


def _add_fields(verb: argparse.ArgumentParser, command: type[Command], text: Text) -> None:
    for field in fields(command):
        if not field.metadata:
            continue
        option = field.name.rstrip("_").replace("_", "-")  # from_ is --from, a word that Python keeps for itself
        help_text = text.t(f"cli.{command.name}.{option}")
        if field.metadata["positional"]:
            verb.add_argument(field.name, help=help_text, **_positional(field, text))
        elif isinstance(field.default, bool):
            verb.add_argument(f"--{option}", dest=field.name, action="store_true", help=help_text)
        else:
            verb.add_argument(
                f"--{option}",
                dest=field.name,
                type=_reader(field, text),
                default=field.default,
                help=help_text,
                choices=field.metadata["choices"] or None,
                metavar=field.metadata["metavar"] or None,
            )


def _reader(field: Field[Any], text: Text) -> Callable[[str], Any]:
    """What makes of a word the value of that field; a number counts something, so that it is never below zero."""
    kind = type(field.default)
    return partial(_number, kind, text) if kind in (int, float) else kind


def _number(kind: type[int | float], text: Text, word: str) -> float:
    try:
        if (number := kind(word)) >= 0:
            return number
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(text.t("cli.number", value=word))


def _positional(field: Field[Any], text: Text) -> dict[str, Any]:
    if field.metadata["choices"]:
        wanted = {"nargs": "?", "default": field.default} if field.default else {}
        return {"choices": field.metadata["choices"], **wanted}
    if isinstance(field.default, int):
        return {"nargs": "?", "type": _reader(field, text), "default": field.default, "metavar": field.name.upper()}
    return {"nargs": "*", "default": field.default, "metavar": field.metadata["metavar"] or field.name.upper()}


def command_of(args: argparse.Namespace) -> Command:
    """The command that the verb and its options spell."""
    kind = next(command for command in VERBS if command.name == args.verb)
    values = {field.name: _value(field, getattr(args, field.name)) for field in fields(kind) if field.metadata}
    return kind(**values)


def _value(field: Field[Any], given: Any) -> Any:
    if isinstance(field.default, tuple):
        return tuple(_word(field, word) for word in given)
    if isinstance(given, list):
        given = " ".join(given)
    return sys.stdin.read(PIPED) if field.metadata["piped"] and given == "-" else given


def _word(field: Field[Any], word: str) -> str:
    """One of several words: `-`, or the `-` of `field=-`, stands for what comes in on stdin."""
    name, equals, value = word.partition("=")
    if field.metadata["piped"] and (word == "-" or (equals and value == "-")):
        return f"{name if equals else ''}={sys.stdin.read(PIPED)}"
    return word


def run(desk: Desk, args: argparse.Namespace) -> ExitCode:
    """One verb from wish to printed answer."""
    from console.output import ProgressLine
    from console.reports import REPORTS

    command = command_of(args)
    line = ProgressLine(quiet=getattr(args, "quiet", False))
    try:
        answer = desk.dispatch.run(command, listen=lambda news: line.show(progress(news, desk.text)))
    finally:
        line.clear()
    report = REPORTS[command.name](answer, desk.text)
    _print(report, args)
    return ExitCode.FAILED if report.failed else report.exit


def progress(news: Any, text: Text) -> str:
    """`lezen  1234/8000  ████████░░  nog 12 s` for anything that has phase, done, total and seconds left."""
    share = news.done / news.total if news.total else 0.0
    bar = ("█" * round(20 * share)).ljust(20, "░")
    left = "" if news.left is None else text.t("progress.left", seconds=round(news.left))
    label = getattr(news, "label", "") or f"phase.{news.phase}"
    return f"{text.t(label)}  {bar}  {news.done}/{news.total}  {left}"


def _print(report: Any, args: argparse.Namespace) -> None:
    from console.output import csv_text, json_text, say, table_text

    quiet = getattr(args, "quiet", False)
    if report.target:
        from console.output import deliver

        deliver(report.file, report.target)
    elif report.stream is not None:
        sys.stdout.writelines(f"{line}\n" for line in report.stream)
    elif getattr(args, "json", False):
        print(json_text(report.data))
    elif getattr(args, "csv", False):
        sys.stdout.write(csv_text(report.headers, report.rows))
    elif report.lines and not quiet:
        from console.text import inert

        print("\n".join(inert(line) for line in report.lines))
    elif report.rows:
        print(table_text(report.headers, report.rows))
    if not quiet:
        for note in report.notes:
            say(note)
