"""Reads resources as a row of the table says: all of a service, or one by the name that commands give it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from console.aws.refusals import AwsRefusal
from console.aws.session import ask, pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from console.datakeys.manual.services import Service, Told

AT_ONCE = 8
"""Resources asked at the same time, where a service has no bulk reading."""

Entry = dict[str, Any]


def at(entry: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    found: Any = entry
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def entries(service: Service, client: Any) -> Iterator[Entry | AwsRefusal]:
    """Every resource of the account and Region that is its own; one that refuses does not stop the others.

    Raises:
        AwsRefusal: nothing could be listed.
    """
    for entry in whole(service, client, list(_listed(service, client))):
        if isinstance(entry, AwsRefusal) or not (service.part_of and entry.get(service.part_of)):
            yield entry


def one(service: Service, client: Any, label: str) -> Entry:
    """The entry of one resource.

    Raises:
        AwsRefusal: there is none (each service has its own code, some just an empty list), or whatever else it says.
    """
    found = _asked(service, client, service.one, [_address(service, client, label)])
    if not found:
        raise AwsRefusal("NotFound", label, service.one.method)
    return found[0]


def _address(service: Service, client: Any, label: str) -> str:
    """Queues alone are asked by another name than they have."""
    if service.name != "sqs" or label.startswith(("http://", "https://")):
        return label
    return str(ask(client, "get_queue_url", QueueName=label)["QueueUrl"])


def _listed(service: Service, client: Any) -> Iterable[Any]:
    told = service.listed
    if told.paged:
        return pages(client, told.method, told.key, told.size)
    found: list[Any] = ask(client, told.method).get(told.key, [])
    return found


def first_listed(service: Service, client: Any) -> list[Any]:
    """The first page of what is listed, for who only wants to know whether it may be."""
    found: list[Any] = ask(client, service.listed.method).get(service.listed.key, [])
    return found


def whole(service: Service, client: Any, listed: list[Any]) -> Sequence[Entry | AwsRefusal]:
    """Entries of what a listing gave, asked one by one (or some together) where the listing has but names."""
    if service.then is None:
        return listed
    then = service.then
    names = [item[then.name] if then.name else item for item in listed]
    size = then.many or 1
    parts = [names[start : start + size] for start in range(0, len(names), size)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda part: _tried(service, client, then, part), parts))
    return [entry for answer in answers for entry in answer]


def _tried(service: Service, client: Any, told: Told, names: list[str]) -> list[Entry] | list[AwsRefusal]:
    try:
        return _asked(service, client, told, names)
    except AwsRefusal as refusal:
        named = ", ".join(names)
        return [AwsRefusal(refusal.code, f"{named}: {refusal.message}", refusal.operation)]


def _asked(service: Service, client: Any, told: Told, names: list[str]) -> list[Entry]:
    fixed = {name: list(value) if isinstance(value, tuple) else value for name, value in told.more}
    answer = ask(client, told.method, **{told.parameter: names if told.many else names[0]}, **fixed)
    found = at(answer, told.key) if told.key else answer
    if isinstance(found, list):
        return [dict(entry) for entry in found]
    entry = dict(found or {})
    if service.name == "sqs":  # a queue's attributes tell its ARN, and neither its URL nor its name
        entry |= {"QueueUrl": names[0], "QueueName": entry.get("QueueArn", "").rpartition(":")[2]}
    return [entry]


def tags_of(service: Service, client: Any, entry: Entry) -> dict[str, str]:
    """The tags of one resource, asked of itself.

    Raises:
        AwsRefusal: they could not be read.
    """
    told = service.tagged
    if told is None:
        return {}
    name = entry[told.name or service.arn]
    return pairs(at(ask(client, told.method, **{told.parameter: name}), told.key))


def pairs(tags: Any) -> dict[str, str]:
    """Tags as services write them, a map or a list of Key and Value."""
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def filled(form: str, entry: Entry, service: Service, client: Any, account: str) -> str:
    """A field of an entry, or a form with braces filled from it."""
    if "{" not in form:
        return str(at(entry, form) or "")
    label = str(at(entry, service.label) or "")
    return form.format(
        partition=client.meta.partition, region=client.meta.region_name, account=account, label=label
    )  # fmt: skip
