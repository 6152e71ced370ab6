"""The versions of a bucket's objects, in S3's order and pages, also while others are deleted between two pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    # versions, common prefixes, delete markers, next key marker, next version id marker
    Page = tuple[list[Any], list[str], list[Any], str | None, str | None]


def page(bucket: Any, *, prefix: str, delimiter: str | None, start: tuple[str | None, str | None], size: int) -> Page:
    """One page after `start`, a key marker and a version id marker; newest version of each key first."""
    versions: list[Any] = []
    markers: list[Any] = []
    groups: list[str] = []
    last: tuple[str, str | None] = ("", None)
    for name, one in _following(bucket, prefix, start):
        group = _group(name, prefix, delimiter)
        if group is not None and (group in groups or group == start[0]):
            continue
        if len(versions) + len(markers) + len(groups) == size:
            return versions, groups, markers, last[0], last[1]
        if group is not None:
            groups.append(group)
            last = (group, None)
        else:
            (versions if hasattr(one, "encryption") else markers).append(one)
            last = (name, one.version_id)
    return versions, groups, markers, None, None


def _following(bucket: Any, prefix: str, start: tuple[str | None, str | None]) -> Iterator[tuple[str, Any]]:
    key, version = start
    for name in sorted(name for name in bucket.keys if name.startswith(prefix) and (key is None or name >= key)):
        newest_first = list(reversed(bucket.keys.getlist(name)))
        for one in newest_first:
            one.is_latest = one is newest_first[0]
        if name == key:
            newest_first = _after(bucket, name, newest_first, version)
        yield from ((name, one) for one in newest_first)


def _after(bucket: Any, name: str, newest_first: list[Any], version: str | None) -> list[Any]:
    """The versions older than the marked one, which may be gone by now; without one, none of this key."""
    if version is None:
        return []
    for place, one in enumerate(newest_first):
        if str(one.version_id) == version:
            return newest_first[place + 1 :]
    gone = bucket.__dict__.get("gone", {}).get((name, version))
    return [one for one in newest_first if gone is not None and one.last_modified < gone]


def _group(name: str, prefix: str, delimiter: str | None) -> str | None:
    if not delimiter or delimiter not in name[len(prefix) :]:
        return None
    return name[: name.index(delimiter, len(prefix)) + len(delimiter)]
