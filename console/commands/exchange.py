"""Wishes to share: publish what others may see, and take what was published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.policy import Grant

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.exchange.publish import PublishSummary
    from console.services.exchange.pull import PullSummary


@dataclass(frozen=True, slots=True)
class Publish(Command):
    """A signed snapshot for one tenant, or for each and one of the whole estate; to the bucket, or a file or folder."""

    name: ClassVar[str] = "publish"
    needs: ClassVar[Grant] = Grant.PUBLISH
    tenant: str = option("", metavar="T")
    to: str = option("", metavar="PATH")

    def run(self, services: Services, listen: Callable[[Any], None]) -> PublishSummary:
        return services.publisher(self.to).run(self.tenant, listen)


@dataclass(frozen=True, slots=True)
class Pull(Command):
    """Take the snapshot that was published for this scope, from the bucket, or from a file or folder. From the bucket
    also what was left there about requests.
    """

    name: ClassVar[str] = "pull"
    needs: ClassVar[Grant] = Grant.PULL
    from_: str = option("", metavar="PATH")

    def run(self, services: Services, listen: Callable[[Any], None]) -> PullSummary:
        summary = services.puller(self.from_).run(listen)
        if self.from_:
            return summary
        from console.workflows.letterbox import collect

        found = collect(services.requesting(write=True))
        return replace(summary, requests=found.news, gaps=() if found.gap is None else (found.gap,))


@dataclass(frozen=True, slots=True)
class StartPull(Command):
    """The same in a process of its own, as a screen's refresh."""

    name: ClassVar[str] = "pull.start"
    needs: ClassVar[Grant] = Grant.PULL

    def run(self, services: Services, listen: Callable[[Any], None]) -> None:
        services.start_pull()
