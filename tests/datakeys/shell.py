"""A person at a shell: runs the commands that a step shows, as `aws` would, so far as this cloud knows the call."""

import shlex

import botocore.session
from botocore import xform_name

LOADER = botocore.session.Session()


def parsed(command):
    """Service, operation and parameters of `aws SERVICE OPERATION --name value …`; a waiter has no parameters."""
    words = shlex.split(command)
    assert words[0] == "aws"
    _, service, operation, *rest = words
    if operation == "wait":
        return service, f"wait {rest[0]}", {}
    given, name = {}, ""
    for word in rest:
        if word.startswith("--"):
            name = word[2:]
            given[name] = []
        else:
            given[name].append(word)
    return service, operation, given


def operation_of(service, operation):
    """The model of that operation."""
    model = LOADER.get_service_model(service)
    named = {xform_name(name, "-"): name for name in model.operation_names}
    return model.operation_model(named[operation])


def parameters(service, operation, given):
    """What the API is asked: kebab-case names as members, shorthand as structures and lists."""
    shape = operation_of(service, operation).input_shape
    members = {xform_name(name, "-"): (name, member) for name, member in shape.members.items()}
    asked = {}
    for name, words in given.items():
        if name in ("region", "query", "cli-input-json"):
            continue
        if name.startswith("no-"):
            asked[members[name[3:]][0]] = False
            continue
        member, of = members[name]
        if words and words[0].startswith("file://"):
            continue
        asked[member] = _value(of, words)
    return asked


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


def run(holdings, commands):
    """Run them all; the last answer."""
    answer = {}
    for command in commands:
        service, operation, given = parsed(command)
        if operation.startswith(("wait", "describe")):
            continue
        call = getattr(holdings.client(service), operation.replace("-", "_"))
        answer = call(**parameters(service, operation, given))
    return answer
