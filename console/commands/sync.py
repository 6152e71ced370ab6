"""Wishes to learn: refresh the cache from AWS, and ask what these credentials can do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.errors import UsageError
from console.policy import Grant

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.doctor import Check
    from console.services.sync import SyncSummary
    from console.services.trail_import import TrailSummary


@dataclass(frozen=True, slots=True)
class RunSync(Command):
    """Read AWS and merge what it says into the cache, here and now; `listen` hears of progress.

    With `trail` only CloudTrail's log files at that place are read: a file, a folder or `s3://BUCKET/PREFIX`; or its
    LookupEvents with `cloudtrail:` or `cloudtrail:REGION`. What the other side left at the exchange is read along.
    With `publish` the snapshots of all tenants go out afterwards.
    """

    name: ClassVar[str] = "sync"
    needs: ClassVar[Grant] = Grant.REFRESH
    full: bool = option(default=False)
    tenant: str = option("", metavar="T")
    trail: str = option("", metavar="PATH")
    publish: bool = option(default=False)

    def wants(self) -> Grant:
        return Grant.PUBLISH if self.publish else self.needs

    def run(self, services: Services, listen: Callable[[Any], None]) -> SyncSummary | TrailSummary:
        if self.trail and (self.full or self.tenant or self.publish):
            raise UsageError("trail.alone")
        if self.trail:
            return services.trail().run(self.trail, listen)
        publisher = services.publisher("") if self.publish else None
        summary = _with_letters(services.sync().run(full=self.full, tenant=self.tenant, listen=listen), services)
        return replace(summary, published=publisher.run("", listen)) if publisher else summary


def _with_letters(summary: SyncSummary, services: Services) -> SyncSummary:
    from console.workflows.letterbox import collect

    found = collect(services.requesting(write=True))
    return replace(summary, requests=found.news, gaps=summary.gaps if found.gap is None else (*summary.gaps, found.gap))


@dataclass(frozen=True, slots=True)
class StartSync(Command):
    """The same in a process of its own at low priority, so that a screen stays quick; progress is in the store."""

    name: ClassVar[str] = "sync.start"
    needs: ClassVar[Grant] = Grant.REFRESH

    def run(self, services: Services, listen: Callable[[Any], None]) -> None:
        services.start_sync()


@dataclass(frozen=True, slots=True)
class RunDoctor(Command):
    """What this configuration and these credentials can and cannot do, per account; or make the key that signs."""

    name: ClassVar[str] = "doctor"
    needs: ClassVar[Grant] = Grant.INSPECT
    make_signing_key: bool = option(default=False)

    def wants(self) -> Grant:
        return Grant.PUBLISH if self.make_signing_key else self.needs

    def run(self, services: Services, listen: Callable[[Any], None]) -> list[Check]:
        if self.make_signing_key:
            from console.services.exchange.checks import made_key

            return [made_key(services.settings.exchange)]
        return services.doctor().run() + services.exchange_checks()
