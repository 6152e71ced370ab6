"""The KMS as its callers meet it: one call at a time, judged, carried out and written in the trail."""

from __future__ import annotations

import os
from threading import RLock
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import access, cmks, events, grants, model, rotation, usage, uses
from console.sandbox.kms.keys import Ask
from console.sandbox.kms.operations import OPERATIONS, TRACKED, UNLOGGED
from console.sandbox.kms.quota import Throttle
from console.sandbox.kms.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from console.sandbox.callers import Caller
    from console.sandbox.clock import Clock
    from console.sandbox.trail import Trail


class Kms:
    """An AWS KMS in this process: real keys, no HTTP. Any number of threads may call; all state pickles.

    `spell` is how many seconds of the sandbox's clock an on-demand rotation takes; at 0 it is over when the
    next call begins. `throttle` is operation to calls a second, as `throttle_on` takes it.
    """

    def __init__(
        self,
        clock: Clock,
        trail: Trail,
        entropy: Callable[[int], bytes] = os.urandom,
        throttle: Mapping[str, float] | None = None,
        spell: float = 0.0,
    ) -> None:
        self._vault = Vault(clock, trail, entropy, spell)
        self._throttle = Throttle(throttle)
        self._lock = RLock()

    def call(self, caller: Caller, region: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """One call with botocore's names and Python's values, and AWS's answer to it.

        Raises:
            AwsError: with AWS's code and words.
        """
        with self._lock:
            self.tick()
            if operation not in OPERATIONS:
                raise AwsError("UnknownOperationException")
            self._throttle.spend(caller.account, region, operation)
            known = model.checked(operation, params)
            ask = Ask(caller, region, operation, known, self._vault.clock.now())
            for token in known.get("GrantTokens", ()):
                grants.token_names(token)
            if operation in UNLOGGED:
                return OPERATIONS[operation](self._vault, ask)
            return self._recorded(ask)

    def _recorded(self, ask: Ask) -> dict[str, Any]:
        try:
            answer = OPERATIONS[ask.operation](self._vault, ask)
        except AwsError as error:
            events.refused(self._vault, ask, error)
            raise
        written = events.succeeded(self._vault, ask, answer)
        if ask.operation in TRACKED:
            usage.note(self._vault, ask, written)
        return answer

    def use(self, caller: Caller, region: str, key: str, operations: tuple[str, ...]) -> str:
        """The ARN of an enabled symmetric key that the caller may use for all `operations`.

        `key` is an id, ARN, alias name or alias ARN; `alias/aws/…` is made when it is not there yet.

        Raises:
            AwsError: as the operations themselves would.
        """
        with self._lock:
            self.tick()
            if key.startswith(cmks.MANAGED):
                self.managed(caller.account, region, key.removeprefix(cmks.MANAGED))
            ask = Ask(caller, region, "DescribeKey", {}, self._vault.clock.now())
            found = access.find(self._vault, ask, key)
            for operation in operations:
                ask.operation = operation
                access.authorise(ask, found, operation, {})
            return uses.symmetric(found).arn

    def data_key(
        self,
        caller: Caller,
        region: str,
        key: str,
        context: dict[str, str],
        operation: str = "GenerateDataKeyWithoutPlaintext",
        number_of_bytes: int = 64,
    ) -> dict[str, Any]:
        """A data key for a service to encrypt with; `call`, spelt for services."""
        params = {"KeyId": key, "EncryptionContext": context, "NumberOfBytes": number_of_bytes}
        return self.call(caller, region, operation, params)

    def managed(self, account: str, region: str, service: str) -> str:
        """ARN of the account's AWS managed key for a service (`ebs`, `s3` …), made when first needed."""
        with self._lock:
            return cmks.managed(self._vault, account, region, service).arn

    def tick(self) -> None:
        """Let everything due by now happen: automatic and on-demand rotations, deletions."""
        with self._lock:
            rotation.happen(self._vault, self._vault.clock.now())

    def throttle_on(self, operations: Iterable[str] | Mapping[str, float] | None = None) -> None:
        """Refuse what exceeds AWS's quotas: of all operations, of those named, or at the rates given."""
        with self._lock:
            self._throttle.on(operations)

    def throttle_off(self) -> None:
        with self._lock:
            self._throttle.off()

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the lock and what was spent of the quotas."""
        with self._lock:
            return {"vault": self._vault, "rates": dict(self._throttle.rates)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._vault, self._throttle, self._lock = state["vault"], Throttle(state["rates"]), RLock()
