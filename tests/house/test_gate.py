"""The one gate: every command against every role, with and without --write."""

import ast
from pathlib import Path

import pytest

import console
from console.cli import VERBS
from console.commands.command import Command
from console.policy import Grant, Role, Session, judge

MAY = {
    Role.ADMIN: {
        "sync",
        "publish",
        "pull",
        "tree",
        "show",
        "search",
        "rotations",
        "events",
        "diff",
        "findings",
        "used-by",
        "pulse",
        "cost",
        "audit",
        "runs",
        "doctor",
        "sandbox",
    },
    Role.OWNER: {
        "sync",
        "pull",
        "tree",
        "show",
        "search",
        "rotations",
        "events",
        "diff",
        "findings",
        "used-by",
        "pulse",
        "cost",
        "audit",
        "runs",
        "doctor",
        "sandbox",
    },
    Role.SUPPORT: {
        "pull",
        "tree",
        "show",
        "search",
        "rotations",
        "events",
        "diff",
        "findings",
        "used-by",
        "pulse",
        "cost",
        "runs",
        "sandbox",
    },
    Role.AUDITOR: {
        "pull",
        "tree",
        "show",
        "search",
        "rotations",
        "events",
        "diff",
        "findings",
        "used-by",
        "pulse",
        "cost",
        "audit",
        "runs",
        "doctor",
        "sandbox",
    },
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("command", VERBS, ids=lambda c: c.name)
def test_every_verb_is_judged_by_role(role, command):
    """The table above is what the gate says; a new verb must be added to it."""
    assert judge(Session(role), command.needs).allowed is (command.name in MAY[role])


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_a_change_wants_write_mode(role):
    """Read-only unless --write, for those who may change at all."""
    assert judge(Session(role), Grant.CHANGE).reason == "policy.read_only"
    assert judge(Session(role, write=True), Grant.CHANGE).allowed


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.AUDITOR])
def test_write_mode_gives_a_reader_nothing(role):
    """--write does not lift a role."""
    assert not judge(Session(role, write=True), Grant.CHANGE).allowed


def test_nobody_asks_the_gate_but_the_dispatcher():
    """`judge` of the policy is taken in by one module alone."""
    root = Path(console.__file__).parents[1]
    callers = {
        str(path.relative_to(root))
        for top in ("console", "screens", "store")
        for path in (root / top).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "console.policy"
        if "judge" in {name.name for name in node.names}
    }
    assert callers == {"console/dispatch.py"}


def test_every_command_names_itself():
    """A command without a name could be neither typed, nor found, nor audited."""

    def all_of(kind):
        for child in kind.__subclasses__():
            yield child
            yield from all_of(child)

    # a dataclass with slots is made twice under one name
    known = {c.__qualname__: c.name for c in all_of(Command) if c.__module__.startswith("console.")}
    assert all(known.values())
    assert len(set(known.values())) == len(known)
