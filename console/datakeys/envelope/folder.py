"""Files of a folder given new contents without ever losing one: written beside, swapped by one rename, old kept.

Everything is done by names within directories that are held open, so that no path, however it is called or wherever a
link in it points, leads out of the folder. What a run makes of a directory's files is in `.kms-console-RUN` of that
directory: `part` what is being written, `new` what is whole and verified, `old` and `new` as second names of what was
swapped. A name in `new` that is the same file as the one outside says that the swap has happened.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.datakeys.envelope import header
from console.errors import ConsoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORK = b".kms-console-"


def _flags(*names: str) -> int:
    """Those of the flags that this system has; without directories held open nothing here works, and nothing starts."""
    return sum(getattr(os, name, 0) for name in names)


OPEN = _flags("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC")
INTO = _flags("O_RDONLY", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC")
MAKE = _flags("O_RDWR", "O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC")
SHELVES = (b"part", b"new", b"old", b"hand")


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a directory: where that is below the root, and the directory held open as long as the walk is here."""

    where: bytes
    name: bytes
    directory: int

    @property
    def path(self) -> bytes:
        return os.path.normpath(os.path.join(self.where, self.name))  # noqa: PTH118 - bytes


class SkippedError(Exception):
    """This file stays as it is; `reason` is the end of a text key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _top(root: str) -> int:
    """The folder itself, held open. Raises ConsoleError."""
    if os.open not in os.supports_dir_fd:
        raise ConsoleError("file.folder", path=root, detail="dir_fd")
    try:
        return os.open(root, INTO)
    except OSError as error:
        raise ConsoleError("file.folder", path=root, detail=error.strerror or "") from error


def walk(root: str, only: str = "") -> Iterator[Found]:
    """Every name below the folder that is no directory, in the same order each time; `only` is one of them.

    Raises:
        ConsoleError: the folder cannot be opened, or is a link.
    """
    top = _top(root)
    try:
        for where, inner, names, directory in os.fwalk(b".", dir_fd=top):
            inner[:] = sorted(one for one in inner if not one.startswith(WORK))
            for name in sorted(names):
                found = Found(where, name, directory)
                if not only or found.path == os.fsencode(only):
                    yield found
    finally:
        os.close(top)


@contextmanager
def opened(found: Found) -> Iterator[int]:
    """The file itself, for reading. Raises SkippedError."""
    try:
        handle = os.open(found.name, OPEN, dir_fd=found.directory)
    except OSError as error:
        raise SkippedError(_why(error)) from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise SkippedError("special")
        yield handle
    finally:
        os.close(handle)


def _why(error: OSError) -> str:
    import errno

    return {errno.ELOOP: "link", errno.ENOENT: "gone", errno.ENXIO: "special"}.get(error.errno or 0, "unreadable")


def message(handle: int) -> header.Header:
    """The header of an open file, which is then at its beginning. Raises SkippedError."""
    with os.fdopen(os.dup(handle), "rb") as stream:
        told = header.read(stream)
    os.lseek(handle, 0, os.SEEK_SET)
    if told is None:
        raise SkippedError("no_message")
    return told


def _own(directory: int) -> None:
    if os.fstat(directory).st_uid != os.geteuid():
        raise SkippedError("unreadable")  # somebody put it there for us


class Desk:
    """A run's work folder in one directory."""

    def __init__(self, directory: int, run: str, *, make: bool) -> None:
        self.directory = directory
        self._name = WORK + os.fsencode(run)
        if make:
            with suppress(FileExistsError):
                os.mkdir(self._name, 0o700, dir_fd=directory)
        self._at = os.open(self._name, INTO, dir_fd=directory)
        try:
            _own(self._at)
            self.shelf = {one: self._opened(one) for one in SHELVES}
        except BaseException:
            os.close(self._at)
            raise

    def _opened(self, shelf: bytes) -> int:
        with suppress(FileExistsError):
            os.mkdir(shelf, 0o700, dir_fd=self._at)
        return os.open(shelf, INTO, dir_fd=self._at)

    def close(self) -> None:
        for handle in (*self.shelf.values(), self._at):
            os.close(handle)

    def seen(self, shelf: bytes, name: bytes) -> os.stat_result | None:
        """What a name is on a shelf, or (shelf b"") outside; None: nothing."""
        try:
            return os.stat(name, dir_fd=self.shelf[shelf] if shelf else self.directory, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def drop(self, shelf: bytes, name: bytes) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.shelf[shelf])

    def put(self, shelf: bytes, name: bytes) -> None:
        """What lies on a shelf under the name outside too, in one stroke; it stays on its shelf."""
        self.drop(b"hand", name)
        os.link(name, name, src_dir_fd=self.shelf[shelf], dst_dir_fd=self.shelf[b"hand"], follow_symlinks=False)
        os.replace(name, name, src_dir_fd=self.shelf[b"hand"], dst_dir_fd=self.directory)
        self.drop(b"hand", name)  # a rename onto itself leaves both names
        os.fsync(self.directory)

    def clear(self) -> None:
        """All of it gone."""
        for shelf, handle in self.shelf.items():
            for name in _listed(handle):
                os.unlink(name, dir_fd=handle)
            os.rmdir(shelf, dir_fd=self._at)
        os.rmdir(self._name, dir_fd=self.directory)


@contextmanager
def desk(directory: int, run: str, *, make: bool = False) -> Iterator[Desk | None]:
    """The work folder of a run; None: there is none."""
    try:
        made = Desk(directory, run, make=make)
    except FileNotFoundError:
        yield None
        return
    try:
        yield made
    finally:
        made.close()


def desks(root: str, run: str) -> Iterator[Desk]:
    """Every work folder that a run has below the root."""
    top = _top(root)
    try:
        for _, inner, _, directory in os.fwalk(b".", dir_fd=top):
            inner[:] = sorted(one for one in inner if not one.startswith(WORK))
            with desk(directory, run) as found:
                if found is not None:
                    yield found
    finally:
        os.close(top)


def write(found: Found, run: str, seal: Callable[[int, int], None]) -> bool:
    """The new file whole beside the old one. `seal(old, new)` fills it from handle to handle and verifies it.

    False: it was there already. Raises SkippedError.
    """
    with desk(found.directory, run, make=True) as work:
        assert work is not None  # noqa: S101 - made
        if work.seen(b"new", found.name):
            return False
        work.drop(b"part", found.name)
        with opened(found) as source:
            before = os.fstat(source)
            _keep(work, found.name, before)
            try:
                _filled(work, found.name, source, before, seal)
            except BaseException:
                work.drop(b"part", found.name)
                work.drop(b"old", found.name)
                raise
        return True


def _keep(work: Desk, name: bytes, before: os.stat_result) -> None:
    """A second name for the old file, by which it stays when the new one takes the first."""
    kept = work.seen(b"old", name)
    if kept is not None and kept.st_ino != before.st_ino:
        work.drop(b"old", name)  # of an earlier attempt; the file was replaced since
        kept = None
    if before.st_nlink != (1 if kept is None else 2):
        raise SkippedError("hard_links")
    if kept is None:
        try:
            os.link(name, name, src_dir_fd=work.directory, dst_dir_fd=work.shelf[b"old"], follow_symlinks=False)
        except OSError as error:
            raise SkippedError("no_links") from error
    if (kept := work.seen(b"old", name)) is None or kept.st_ino != before.st_ino:
        raise SkippedError("changed")


def _filled(work: Desk, name: bytes, source: int, before: os.stat_result, seal: Callable[[int, int], None]) -> None:
    target = os.open(name, MAKE, 0o600, dir_fd=work.shelf[b"part"])
    try:
        seal(source, target)
        if not _unchanged(before, os.fstat(source)):
            raise SkippedError("changed")
        _alike(source, target, before)
        os.fsync(target)
    finally:
        os.close(target)
    os.rename(name, name, src_dir_fd=work.shelf[b"part"], dst_dir_fd=work.shelf[b"new"])
    os.fsync(work.shelf[b"new"])


def _unchanged(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)


def _alike(source: int, target: int, before: os.stat_result) -> None:
    """Owner, mode, extended attributes (ACLs are some) and the time of the last change, which is how a change to the
    old one shows later. Raises SkippedError.
    """
    try:
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(target, before.st_uid, before.st_gid)
        for name in os.listxattr(source) if hasattr(os, "listxattr") else ():
            os.setxattr(target, name, os.getxattr(source, name))
    except OSError as error:
        raise SkippedError("owner") from error
    os.fchmod(target, stat.S_IMODE(before.st_mode))
    os.utime(target, ns=(before.st_mtime_ns, before.st_mtime_ns))


def swap(work: Desk, name: bytes) -> None:
    """The new file in the place of the old, if that is still what was read. Raises SkippedError."""
    new, old, now = work.seen(b"new", name), work.seen(b"old", name), work.seen(b"", name)
    if new is None or old is None or now is None:
        raise SkippedError("gone")
    if now.st_ino == new.st_ino:
        return
    if now.st_ino != old.st_ino or now.st_mtime_ns != new.st_mtime_ns:
        raise SkippedError("changed")
    work.put(b"new", name)
    after = work.seen(b"old", name)
    if after is None or not _unchanged(old, after):  # written to by who had it open, between the look and the swap
        back(work, name)
        raise SkippedError("changed")


def back(work: Desk, name: bytes) -> None:
    """The old file in its place, if the new one is there."""
    if swapped(work, name):
        work.put(b"old", name)


def swapped(work: Desk, name: bytes) -> bool:
    """Whether the new file is the one outside."""
    new, now = work.seen(b"new", name), work.seen(b"", name)
    return new is not None and now is not None and now.st_ino == new.st_ino


def names(work: Desk) -> list[bytes]:
    """What lies whole on the shelf of the new."""
    return _listed(work.shelf[b"new"])


def _listed(directory: int) -> list[bytes]:
    return sorted(os.fsencode(name) for name in os.listdir(directory))


def others(root: str, run: str) -> str:
    """Another run whose work folder stands somewhere below the root; '' : none."""
    top = _top(root)
    try:
        for _, inner, _, _ in os.fwalk(b".", dir_fd=top):
            for name in inner:
                if name.startswith(WORK) and name != WORK + os.fsencode(run):
                    return os.fsdecode(name[len(WORK) :])
            inner[:] = [one for one in inner if not one.startswith(WORK)]
    finally:
        os.close(top)
    return ""
