"""What a kind of data key must be able to say; a file in this folder per kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from console.aws.refusals import AwsRefusal
    from console.aws.session import Account
    from console.datakeys.routes import Rotation
    from store.harvest import DataKeyFacts, Placement, PrefixRead
    from store.records import Granularity


class DataKeyKind(Protocol):
    """One kind. `name` is what the store keeps; `labels` are text keys for one and for many.

    `probes` maps an IAM action to the lightest call that proves it, for the doctor; it changes nothing. A scan can
    do without those in `spare`. `rotation` is how its data keys get new ones; None where nobody has told that yet.
    """

    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> tuple[str, str]: ...
    @property
    def granularity(self) -> Granularity: ...
    @property
    def probes(self) -> Mapping[str, Callable[[Account, str], object]]: ...
    @property
    def spare(self) -> frozenset[str]: ...
    @property
    def rotation(self) -> Rotation | None: ...

    def discover(
        self, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]
    ) -> Iterator[DataKeyFacts | PrefixRead | AwsRefusal]:
        """Every holder in this account and Region, as it is read; and what a next scan need not read again.

        A refusal in the stream is a part that could not be read; the rest follows. `place` turns tags into a
        placement.

        Raises:
            AwsRefusal: nothing could be read.
        """
