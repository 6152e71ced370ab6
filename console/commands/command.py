"""What a command is, and the services that one may use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from console.policy import CHANGING, Grant

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.services.catalog import Catalog
    from console.services.children import Children
    from console.services.doctor import Check, Doctor
    from console.services.exchange.publish import Publisher
    from console.services.exchange.pull import Puller
    from console.services.sync import Sync
    from console.services.trail_import import TrailImport
    from console.settings import Settings
    from console.workflow.engine import Engine
    from console.workflows.requesting import Requesting
    from store.database import Store

Listen = "Callable[[Any], None]"


class SandboxControl(Protocol):
    """The embedded AWS as the front door hands it in; commands never import it."""

    def up(self, *, port: int, latency_ms: float, keys: int) -> Any: ...
    def down(self) -> Any: ...
    def status(self) -> Any: ...
    def advance(self, days: int) -> Any: ...


class Services(Protocol):
    """The shared layer below the commands; each part is made when first asked for."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def catalog(self) -> Catalog: ...
    def at(self, when: str) -> Services: ...
    def look_back(self, when: str, *, judged: bool) -> Settings: ...
    def sync(self) -> Sync: ...
    def trail(self) -> TrailImport: ...
    def start_sync(self) -> None: ...
    def guided(self, *, write: bool) -> Engine: ...
    def requesting(self, *, write: bool) -> Requesting: ...
    def start_run(self, run_id: str, *words: str) -> None: ...
    @property
    def children(self) -> Children: ...
    def publisher(self, to: str) -> Publisher: ...
    def puller(self, source: str) -> Puller: ...
    def start_pull(self) -> None: ...
    def exchange_checks(self) -> list[Check]: ...
    def doctor(self) -> Doctor: ...
    @property
    def sandbox(self) -> SandboxControl: ...


def option(
    default: Any,
    *,
    positional: bool = False,
    choices: tuple[str, ...] = (),
    metavar: str = "",
    piped: bool = False,
    secret: bool = False,
) -> Any:
    """A command's field that knows how it looks on the command line; its help is the text `cli.VERB.FIELD`.

    A `piped` one is read from stdin where `-` is given. Of a `secret` one the audit says only that it was given.
    """
    metadata = {
        "positional": positional, "choices": choices, "metavar": metavar, "piped": piped, "secret": secret,
    }  # fmt: skip
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Command:
    """A person's wish as a frozen value: fields are the options, `run` fulfils it.

    `name` is the verb, the palette entry, the text key and the name in the audit.
    """

    name: ClassVar[str] = ""
    needs: ClassVar[Grant] = Grant.LOOK

    def wants(self) -> Grant:
        """What this very wish needs: `needs`, unless its fields ask for more."""
        return self.needs

    def changes(self) -> bool:
        """Whether this very wish leaves something behind that the audit must tell."""
        return self.wants() in CHANGING

    def subject(self, services: Services) -> str:
        """What it is about, for the audit, in words that still say something when ids are gone; '' for nothing."""
        return ""

    def run_of(self, answer: object = None) -> str:
        """The guided run that it belongs to, as far as `answer` or a field called `run_id` tells; '' for none."""
        return str(getattr(answer, "run_id", "") or getattr(self, "run_id", "") or "")

    def run(self, services: Services, listen: Callable[[Any], None]) -> Any:
        raise NotImplementedError
