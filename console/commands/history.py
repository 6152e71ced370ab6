"""Wishes to see the past: what happened when, what is other since, and the cache as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.errors import UsageError
from console.moments import began, moment_of
from store.history import Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.history import ChangeRows, EventRows
    from console.settings import Settings
    from store.records import NodeRef


@dataclass(frozen=True, slots=True)
class ListEvents(Command):
    """What happened in a branch or in all, newest first; from the beginning of `since` to the end of `until`.

    `ref` stands for `path` where the node is known already.
    """

    name: ClassVar[str] = "events"
    path: str = option("", positional=True)
    since: str = option("", metavar="30d")
    until: str = option("", metavar="2026-03-14")
    ref: NodeRef | None = None

    def run(self, services: Services, listen: Callable[[Any], None]) -> EventRows:
        from console.services.history import events_of

        now = services.settings.now()
        since = began(self.since, now) - 1 if self.since else None
        span = Span(since, moment_of(self.until, now) if self.until else None)
        within = self.ref if self.ref is not None else services.catalog.branch(self.path)
        return events_of(services.store, services.settings, within, span)


@dataclass(frozen=True, slots=True)
class CompareMoments(Command):
    """What is other in a branch or in all at `until` (now) than it was at `since`: old and new, side by side."""

    name: ClassVar[str] = "diff"
    path: str = option("", positional=True)
    since: str = option("30d", metavar="30d")
    until: str = option("", metavar="2026-03-14")
    ref: NodeRef | None = None

    def run(self, services: Services, listen: Callable[[Any], None]) -> ChangeRows:
        from console.services.history import changes_of

        now = services.settings.now()
        span = Span(moment_of(self.since or "30d", now), moment_of(self.until, now) if self.until else now)
        if (span.since or 0) >= (span.until or 0):
            raise UsageError("usage.moments", since=self.since, until=self.until)
        within = self.ref if self.ref is not None else services.catalog.branch(self.path)
        return changes_of(services.store, services.settings, within, span)


@dataclass(frozen=True, slots=True)
class LookBack(Command):
    """The settings of a session that looks at the cache as it was at `when`, its findings made anew."""

    name: ClassVar[str] = "asof"
    when: str = ""

    def run(self, services: Services, listen: Callable[[Any], None]) -> Settings:
        return services.look_back(self.when, judged=True)
