"""How much work files are: their number and bytes, which a look at the folder or the prefix tells."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from console.datakeys.envelope import folder, prefix
from console.datakeys.estimates import GIB, KMS, MIB, Part, Size, Work, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.aws.session import Account
    from console.datakeys.estimates import Basis
    from console.datakeys.routes import Subject

MOST = 100_000
"""Files that are counted beforehand; of a larger folder the estimate says *or more*."""


def work(subject: Subject, route: str, size: Size | None, basis: Basis) -> Work:
    """Each file is read and written once, with three requests to KMS: to open it, to seal it and to open what was
    sealed. Below a prefix it is looked at before and after too; the old stand beside as long as they are kept.
    """
    told = dict(subject.detail)
    listed = told.get("files", "1")
    whole = size.whole if size is not None else not listed.endswith("+")
    number = counted(int(listed.rstrip("+")) if size is None else size.things, whole=whole)
    bytes_ = size.bytes if size is not None else int(told["bytes"]) if "bytes" in told else None
    keys, reads = (None, None) if number is None else (number.times(3), number.times(4))
    if route == "rewrap":
        return Work((Part("calls_s", number),), (Part(KMS, number),))
    remote = prefix.named(told.get("folder", subject.resource_id))
    paced = Part("files_mib_s", counted(None if bytes_ is None else bytes_ / MIB, whole=whole))
    if not remote:
        return Work((paced,), (Part(KMS, keys),))
    stored = counted(None if bytes_ is None else bytes_ / GIB, whole=whole)
    return Work((paced,), (Part(KMS, keys), Part("writes_1000", number), Part("reads_1000", reads),
                           Part("object_gib_month", basis.kept(stored))))  # fmt: skip


def measured(account: Account, subject: Subject) -> Size:
    """The messages of a folder with their bytes; below a prefix every object, for a look at each is a request.

    Raises:
        AwsRefusal, ConsoleError: it cannot be listed.
    """
    root = dict(subject.detail).get("folder", subject.resource_id)
    only = subject.resource_id.removeprefix(root).removeprefix("/")
    things = size = 0
    for one in _sizes(account, subject, root, only):
        if things == MOST:
            return Size(things, size, whole=False)
        things, size = things + 1, size + one
    return Size(things, size)


def _sizes(account: Account, subject: Subject, root: str, only: str) -> Iterator[int]:
    if prefix.named(root):
        place = prefix.of(account.client("s3", subject.region), root, subject.account_id)
        yield from (entry["Size"] for entry in prefix.walk(place, only=only))
        return
    for found in folder.walk(root, only):
        with suppress(folder.SkippedError), folder.opened(found) as handle:
            folder.message(handle)
            yield os.fstat(handle).st_size
