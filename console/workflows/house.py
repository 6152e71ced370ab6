"""What steps may read and write of our own, beside AWS."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from store.errors import StoreError
from store.findings import Findings
from store.take import Exchanged
from store.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.settings import Settings
    from console.workflow.engine import Engine
    from console.workflows.requesting import Requesting
    from store.database import Store


@dataclass(frozen=True)
class House:
    """The store for writing, the settings, and who is at work; a step reaches it as `ctx.house`. `guided` gives an
    engine, for a step that begins runs of its own; `requesting` opens the requests for CMKs, with the exchange.

    What a step writes here must stand being written twice: a kill may come before the step is on record as done.
    """

    store: Store
    settings: Settings
    person: str
    guided: Callable[[], Engine]
    requesting: Callable[[], Requesting]

    def judge(self, now: int) -> None:
        """Let the findings follow what was just written. Where a snapshot brought them, they stay as the publisher saw
        them; where nobody has judged yet, or the store is busy, the next sync does.
        """
        from console.services.findings.judge import judge

        if Findings(self.store).judged_at() is not None and Exchanged(self.store).taken() is None:
            with suppress(StoreError):
                judge(self.store, self.settings, now)

    @cached_property
    def verdicts(self) -> Verdicts:
        return Verdicts(self.store, self.settings.scope)
