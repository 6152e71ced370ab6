"""Whether two people on record are one and the same, for four eyes."""

from __future__ import annotations


def named(user: str, arn: str) -> str:
    """How a person stands on record: the system's user, and as whom AWS knows the credentials, where it told."""
    return f"{user} ({arn})" if arn else user


def same(one: str, other: str) -> bool:
    """By what AWS calls them where it told both, since one machine may serve two people; else by their user."""
    (user, arn), (other_user, other_arn) = _parts(one), _parts(other)
    return arn == other_arn if arn and other_arn else user == other_user


def _parts(person: str) -> tuple[str, str]:
    user, bracket, arn = person.rpartition(" (")
    return (user, arn.removesuffix(")")) if bracket else (person, "")
