"""The one gate: every command against every role, with and without --write."""

import ast
from pathlib import Path

import pytest

import console
from console.dispatch import Dispatcher
from console.errors import Refused
from console.policy import Grant, Role, Session, judge
from tests.house.walk import every_command

ROLES = (Role.ADMIN, Role.OWNER, Role.SUPPORT, Role.AUDITOR)


def verdicts():
    """The checked-in table: command, the one field that is set (name and value, or none), a mark for each role."""
    for line in Path(__file__).with_name("verdicts.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, *wish, admin, owner, support, auditor = line.split()
            yield name, dict(part.split("=") for part in wish), (admin, owner, support, auditor)


TABLE = list(verdicts())
COMMANDS = every_command()


class Listed:
    """An audit that keeps the names of what was refused."""

    def __init__(self):
        self.names = []

    def refused(self, command, _reason):
        self.names.append(command.name)


def test_every_command_has_its_line():
    """A new command is not in the house until somebody wrote down who may give it."""
    assert {name for name, _, _ in TABLE} == set(COMMANDS)


@pytest.mark.parametrize(("name", "wish", "marks"), TABLE, ids=lambda told: str(told).strip("{}"))
def test_every_wish_is_judged_by_role_and_mode(name, wish, marks):
    """The table is what the gate says, for each role, looking only and with --write."""
    values = {field: int(value) if value.isdigit() else value for field, value in wish.items()}
    command = COMMANDS[name](**values)
    for role, mark in zip(ROLES, marks, strict=True):
        desks = [Dispatcher(Session(role, write=write), None, Listed()) for write in (False, True)]
        said = [desk.may(command).allowed for desk in desks]
        assert said == {"+": [True, True], "w": [False, True], "-": [False, False]}[mark], role


@pytest.mark.parametrize("role", ROLES)
def test_a_refused_command_is_never_run(role):
    """What the gate refuses does not reach the services; the sentence names the role and the audit the wish."""
    for name, _, marks in TABLE:
        if marks[ROLES.index(role)] == "-" and COMMANDS[name].needs is not Grant.LOOK:
            journal = Listed()
            with pytest.raises(Refused) as refused:
                Dispatcher(Session(role), None, journal).run(COMMANDS[name]())
            assert refused.value.values["role"] == role
            assert journal.names == [name]


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
