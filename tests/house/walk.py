"""Every command there is, asked everything that its fields allow, and every word of what it answers.

A new command that looks is found, asked and checked without a line in here.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum

import console.commands
from console.assembly import assemble
from console.commands.command import Command
from console.errors import ConsoleError
from console.output import csv_text
from console.policy import Grant
from console.reports import REPORTS
from console.services.catalog import Catalog
from console.text import Text
from store.records import ROOT, Kind, NodeRef

AWAY = ("sandbox",)
"""Looks outside: tests/sandbox. Syncs and doctors have tests/console/test_sync_scope.py."""

PATHS, WORDS = ("path", "within", "branch"), ("thing", "cmk", "text", "subject", "query", "request_id")
NUMBERS = ("id", "ack", "unack")
LOOKING = (Grant.LOOK, Grant.WHOLE, Grant.AUDIT, Grant.PROVE)
"""What answers and leaves nothing behind; all else has its own tests."""
LANGUAGES = ("nl", "en")
OWN_NUMBERS = ("id", "cmk_id", "at")
"""Fields that hold the store's own numbers, or the moment of asking."""


def every_command():
    """All commands by name, however deep."""
    for module in pkgutil.iter_modules(console.commands.__path__):
        importlib.import_module(f"console.commands.{module.name}")
    found, todo = {}, [Command]
    while todo:
        for kind in todo.pop().__subclasses__():
            todo.append(kind)
            if kind.__module__.startswith("console.commands.") and kind.name:
                found[kind.name] = kind
    return found


def asks(kind, refs, words, paths):
    """The command with each value of each of its fields, one field at a time; first as it comes. What does
    more than look is left out."""
    plain = {each.name: "walk" for each in fields(kind) if each.name == "reason"}
    chosen = {each.name: each.metadata.get("choices") for each in fields(kind) if each.metadata.get("positional")}
    plain |= {name: choices[0] for name, choices in chosen.items() if choices}
    needed = any(each.type.startswith("NodeRef") and "None" not in each.type for each in fields(kind))
    if not needed:
        yield kind(**plain)
    for each in fields(kind):
        for value in _values(each, refs, words, paths):
            wish = kind(**plain | {each.name: value})
            if wish.wants() in LOOKING:
                yield wish


def _values(each, refs, words, paths):
    if each.type.startswith("NodeRef"):
        return refs
    if each.type.startswith("tuple[NodeRef"):
        return [tuple(refs)]
    if each.metadata.get("choices"):
        return each.metadata["choices"]
    if each.type == "bool" and each.default is False:
        return [True]
    if each.name in NUMBERS:
        return range(1, 60)
    return {True: paths, False: words}[each.name in PATHS] if each.name in PATHS + WORDS else []


def desk_of(estate, **flags):
    """A desk on this estate, whoever sits at it."""
    return assemble(estate.settings(**flags))


def outcome(desk, command):
    """Everything that is said about this wish: the answer to its last row, its report in both languages, or the
    error with its sentence."""
    try:
        answer = desk.dispatch.run(command)
        said = [spoken(answer)]
        if command.name in REPORTS:
            said += [_report(REPORTS[command.name](answer, Text(lang))) for lang in LANGUAGES]
    except ConsoleError as error:
        values = {name: str(value) for name, value in error.values.items()}
        return [
            "error",
            type(error).__name__,
            error.key,
            values,
            *(Text(lang).t(error.key, **values) for lang in LANGUAGES),
        ]
    return said


def _report(report):
    return [spoken(report.data), csv_text(report.headers, report.rows), list(report.lines), list(report.notes)]


def spoken(answer):
    """An answer as plain lists and words; rows that come in windows are read to the last one."""
    if isinstance(answer, Catalog):
        return _walked(answer)
    if callable(getattr(answer, "all", None)):
        return [spoken(each) for each in answer.all()] + _fields(answer)
    if callable(getattr(answer, "window", None)):
        return [spoken(each) for each in answer.window(0, answer.count())]
    if isinstance(answer, NodeRef):
        return answer.kind.value  # the number is the store's own
    if isinstance(answer, Enum):
        return str(answer.value)
    if is_dataclass(answer):
        return _fields(answer)
    if isinstance(answer, dict):
        return [[spoken(key), spoken(value)] for key, value in answer.items() if key not in OWN_NUMBERS]
    if isinstance(answer, (list, tuple, set, frozenset, Iterator)):
        return [spoken(each) for each in answer]
    return answer if isinstance(answer, (int, float, bool, type(None))) else str(answer)


def _fields(answer):
    """A record's values by name. What stands behind it (a repository, a view) says nothing by itself."""
    if not is_dataclass(answer):
        return []
    told = {each.name: getattr(answer, each.name) for each in fields(answer) if each.repr}
    return [[name, spoken(value)] for name, value in told.items() if name not in OWN_NUMBERS and not _works(value)]


def _works(value):
    """Whether this is no value but something at work: a repository, a view, a redactor."""
    ours = type(value).__module__.partition(".")[0] in ("store", "console")
    return ours and not is_dataclass(value) and not isinstance(value, Enum)


def _walked(catalog):
    """The whole tree, with its paths, and what filters find in it."""
    found, todo = [], [ROOT]
    while todo:
        ref = todo.pop()
        for node in catalog.children(ref, 0, catalog.count(ref)):
            found.append([spoken(node), catalog.path(node.ref), catalog.typed(node.ref)])
            todo.append(node.ref)
    texts = ("a", "zwart", "zij", "!zzz", "kind:ebs", "account:6", "vol-", "0")
    filtered = [[spoken(catalog.node(ref)), catalog.path(ref)] for text in texts for ref in catalog.filter(text)]
    return [found, filtered]


def told(outcomes):
    """All of it as one lower-case text, in which a mark is easy to find."""
    return json.dumps(outcomes, default=str, ensure_ascii=False).lower()


def every_ref(estate):
    """Whatever has a number in the store, and the same kinds with a number that nothing has."""
    from store.database import Store

    store = Store.open(estate.store)
    reader = store.reader()
    kinds = (Kind.UNASSIGNED, Kind.TENANT, Kind.APPLICATION, Kind.ENVIRONMENT)
    refs = [NodeRef(kinds[level], id_) for level, id_ in reader.execute("SELECT level, id FROM place")]
    refs += [NodeRef(Kind.CMK, id_) for (id_,) in reader.execute("SELECT id FROM cmk")]
    refs += [NodeRef(Kind.DATA_KEY, id_) for (id_,) in reader.execute("SELECT id FROM data_key")]
    store.close()
    return refs
