"""A person at a shell: runs the commands that a step shows, as `aws` would, by botocore's own models."""

import re
import shlex

import botocore.session
from botocore import xform_name
from botocore.stub import Stubber
from botocore.validate import ParamValidator

LOADER = botocore.session.Session()
OWN = {"region", "query"}
"""Options of `aws` itself."""


def parsed(command):
    """Service, operation and parameters of `aws SERVICE OPERATION --name value …`; a waiter is an operation too."""
    words = shlex.split(command)
    assert words[0] == "aws"
    _, service, operation, *rest = words
    if operation == "wait":
        operation, rest = f"wait {rest[0]}", rest[1:]
    given, name = {}, ""
    for word in rest:
        if word.startswith("--"):
            name = word[2:]
            given[name] = []
        else:
            given[name].append(word)
    return service, operation, given


def waiter_of(service, operation):
    """The model's name and settings of `wait SOMETHING`."""
    model = LOADER.get_waiter_model(service)
    named = {xform_name(name, "-"): name for name in model.waiter_names}
    return named[operation.removeprefix("wait ")], model


def operation_of(service, operation):
    """The model of that operation, or of the one that a waiter asks."""
    model = LOADER.get_service_model(service)
    if operation.startswith("wait "):
        name, waiters = waiter_of(service, operation)
        return model.operation_model(waiters.get_waiter(name).operation)
    named = {xform_name(name, "-"): name for name in model.operation_names}
    return model.operation_model(named[operation])


def parameters(service, operation, given, files=None):
    """What the API is asked: kebab-case names as members, shorthand as structures and lists, files as their contents.

    `files` is what a file holds, by the option that names it.
    """
    shape = operation_of(service, operation).input_shape
    members = {xform_name(name, "-"): (name, member) for name, member in shape.members.items()}
    asked = dict((files or {}).get("cli-input-json", {}))
    for name, words in given.items():
        if name in OWN or name == "cli-input-json":
            continue
        if name.startswith("no-"):
            asked[members[name[3:]][0]] = False
            continue
        member, of = members[name]
        asked[member] = (files or {}).get(name, {}) if from_file(words) else _value(of, words)
    return asked


def from_file(words):
    return bool(words) and words[0].startswith("file://")


def wrong(service, operation, given):
    """What botocore's model has against a command; what a file holds is not looked at."""
    report = ParamValidator().validate(
        parameters(service, operation, given), operation_of(service, operation).input_shape
    )
    inside = [f"in {_member(service, operation, name)}" for name, words in given.items() if from_file(words)]
    lines = report.generate_report().splitlines() if report.has_errors() else []
    excused = [line for line in lines if "cli-input-json" in given and line.startswith("Missing required")]
    return [line for line in lines if line not in excused and not any(part in line for part in inside if part != "in ")]


def _member(service, operation, option):
    members = operation_of(service, operation).input_shape.members
    return next((name for name in members if xform_name(name, "-") == option), "")


def _value(shape, words):
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "integer":
        return int(words[0])
    if shape.type_name == "list":
        return [_value(shape.member, [word]) for word in words]
    if shape.type_name in ("structure", "map"):
        pairs = dict(part.split("=", 1) for part in words[0].split(","))
        if shape.type_name == "map":
            return pairs
        return {name: _value(shape.members[name], [value]) for name, value in pairs.items()}
    return value if (value := words[0]) != "true" else True


class Shell:
    """`holdings` has the clients. `blanks` are the words in capitals that a person fills in, `files` makes what stands
    in a file from the option, the operation and all answers so far; `stubs` answers for operations that the sandbox
    does not have, checked by botocore's model on both sides.
    """

    def __init__(self, holdings, blanks=None, files=None, stubs=None):
        self._holdings, self._blanks = holdings, blanks or {}
        self._files, self._stubs = files or (lambda *_: {}), stubs or {}
        self.said = {}

    def run(self, commands):
        """All of them, one after another; the answers of everything so far, by operation."""
        for command in commands:
            self._run(*parsed(self._filled(command)))
        return self.said

    def _filled(self, command):
        for word, value in self._blanks.items():
            command = re.sub(rf"\b{word}\b", value, command)
        return command

    def _run(self, service, operation, given):
        files = {name: self._files(name, operation, self.said) for name, words in given.items() if from_file(words)}
        asked, client = parameters(service, operation, given, files), self._holdings.client(service)
        if operation.startswith("wait "):
            name, _ = waiter_of(service, operation)
            client.get_waiter(xform_name(name)).wait(**asked, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
            return
        method = operation.replace("-", "_")
        if operation not in self._stubs:
            self.said[operation] = getattr(client, method)(**asked)
            return
        with Stubber(client) as stub:
            stub.add_response(method, self._stubs[operation], asked)
            self.said[operation] = getattr(client, method)(**asked)
