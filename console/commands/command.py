"""What a command is, and the services that one may use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from console.policy import Grant

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.services.catalog import Catalog
    from console.services.doctor import Doctor
    from console.services.sync import Sync
    from console.services.trail_import import TrailImport
    from console.settings import Settings
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
    def sync(self) -> Sync: ...
    def trail(self) -> TrailImport: ...
    def start_sync(self) -> None: ...
    def doctor(self) -> Doctor: ...
    @property
    def sandbox(self) -> SandboxControl: ...


def option(
    default: Any, *, positional: bool = False, choices: tuple[str, ...] = (), metavar: str = "", piped: bool = False
) -> Any:
    """A command's field that knows how it looks on the command line; its help is the text `cli.VERB.FIELD`.

    A `piped` one is read from stdin where `-` is given.
    """
    metadata = {"positional": positional, "choices": choices, "metavar": metavar, "piped": piped}
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

    def run(self, services: Services, listen: Callable[[Any], None]) -> Any:
        raise NotImplementedError
