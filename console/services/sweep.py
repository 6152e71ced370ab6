"""Reading the whole estate: central account and tenants side by side, what fails becoming a gap."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from console.aws.refusals import AwsRefusal
from console.errors import AwsUnreachable, ConsoleError, CredentialsExpired, CredentialsMissing, UsageError
from console.services.central import Plan, Region
from console.services.placement import Placer, declared
from console.services.progress import BEAT, Meter
from console.services.reading import Reading
from store.harvest import AccountFacts, DataKeyFacts, Harvest, PrefixRead
from store.records import Gap, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor, Future

    from console.aws.session import Account, Aws
    from console.settings import Settings
    from store.answers import KnownCmk
    from store.harvest import ObjectRead, Placement

TENANTS_AT_ONCE = 8

BROKEN = (AwsUnreachable, CredentialsMissing, CredentialsExpired)
"""At a tenant's account these are a gap; at the central account they end the sync."""


class Kind(Protocol):
    """The part of a kind of data key that a sync needs; see `console.datakeys.protocol`."""

    @property
    def name(self) -> str: ...
    @property
    def probes(self) -> Mapping[str, Callable[[Account, str], object]]: ...
    def discover(
        self, account: Account, region: str, place: Callable[[Mapping[str, str]], Placement]
    ) -> Iterator[DataKeyFacts | PrefixRead | AwsRefusal]: ...


class Sweep:
    """One reading of everything. `known` is what the store has of the CMKs, by ARN, `read_before` gives what it has of
    a prefix; `report` is called as it goes.
    """

    def __init__(
        self,
        settings: Settings,
        aws: Aws,
        kinds: Sequence[Kind],
        known: Mapping[str, KnownCmk],
        plan: Plan,
        meter: Meter,
        report: Callable[[], None],
        read_before: Callable[[str], Mapping[str, ObjectRead]] = lambda _: {},
    ) -> None:
        self._settings = settings
        self._aws = aws
        self._kinds = kinds
        self._known = known
        self._plan = plan
        self._meter = meter
        self._report = report
        self._read_before = read_before
        self._placer = Placer(settings)

    def harvest(self, tenant: str = "") -> Harvest:
        """All there is to merge; of one tenant's accounts only, when named.

        Raises:
            CredentialsMissing, CredentialsExpired, AwsUnreachable: at the central account.
            ConsoleError: the credentials are of another account than the settings say.
        """
        accounts = self._aws.accounts(tenant)
        self._report()
        self._preflight()
        with self._pools() as (slices, keys):
            regions = () if tenant else self._settings.regions
            futures = [slices.submit(self._region, region, keys) for region in regions]
            self._meter.expect(len(accounts) * len(self._settings.regions) * len(self._kinds))
            futures += [slices.submit(self._account, account) for account in accounts]
            self._await(futures)
            return self._together([future.result() for future in futures])

    @contextmanager
    def _pools(self) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
        """One pool for slices, one for the keys inside them, so that no slice waits for its own place in line."""
        slices = ThreadPoolExecutor(len(self._settings.regions) + TENANTS_AT_ONCE, "slice")
        keys = ThreadPoolExecutor(self._settings.concurrency, "key")
        try:
            yield slices, keys
        except BaseException:
            self._aws.pace.stop()
            raise
        finally:
            # The threads end with the calls that are under way; nobody waits for their answers.
            slices.shutdown(wait=False, cancel_futures=True)
            keys.shutdown(wait=False, cancel_futures=True)

    def _await(self, futures: Sequence[Future[Reading]]) -> None:
        """Until all are read, reporting; the first that cannot be a gap ends the sync."""
        waiting: set[Future[Reading]] = set(futures)
        while waiting:
            finished, waiting = wait(waiting, BEAT / 2, FIRST_EXCEPTION)
            for future in finished:
                future.result()
            self._report()

    def _preflight(self) -> None:
        """Are the central credentials good, and of the account they should be?

        A Region that is down, or switched off (it then knows no credentials), is a gap; all of them is an end.
        """
        failed: ConsoleError | None = None
        for region in self._settings.regions:
            try:
                told = self._aws.central.identity(region)["Account"]
            except (AwsUnreachable, CredentialsMissing) as error:
                failed = failed or error
                continue
            except AwsRefusal as error:
                raise AwsUnreachable("aws.refused", code=error.code, detail=error.message) from error
            if told != self._aws.central_account:
                raise ConsoleError("aws.wrong_account", account=told, central=self._aws.central_account)
            return
        raise failed or UsageError("settings.no_regions")

    def _region(self, region: str, keys: Executor) -> Reading:
        central = self._aws.central
        here = f":{region}:{central.account_id}:"
        known = {arn: facts for arn, facts in self._known.items() if here in arn}
        try:
            reader = Region(central, region, known, self._plan, keys, self._meter)
            return reader.read(self._placer)
        except (AwsRefusal, AwsUnreachable, CredentialsMissing) as error:
            part = Slice(central.account_id, region, "cmk")
            return Reading(gaps=(_gap(part, "", error, self._plan.now),))

    def _account(self, account: Account) -> Reading:
        """Every kind in every Region of one tenant account; what fails is a gap, and the rest goes on."""
        readings, closed = [], None
        account.read_before = self._read_before
        for region in self._settings.regions:
            for kind in self._kinds:
                part = Slice(account.account_id, region, kind.name)
                reading, closed = self._slice(account, kind, part, closed)
                readings.append(reading)
                self._meter.step()
        account.close()
        return _joined(readings)

    def _slice(
        self, account: Account, kind: Kind, part: Slice, closed: Exception | None
    ) -> tuple[Reading, Exception | None]:
        """One slice, and the reason why the whole account is closed to us, if it is: then nothing more is asked."""
        found: list[DataKeyFacts] = []
        prefixes: list[PrefixRead] = []
        refused: list[Exception] = [closed] if closed and kind.probes else []  # without probes: asks nothing of AWS
        place = partial(self._placer.holder, tenant=account.tenant)
        try:
            for told in () if refused else kind.discover(account, part.region, place):
                if isinstance(told, AwsRefusal):
                    refused.append(told)
                elif isinstance(told, PrefixRead):
                    prefixes.append(told)
                else:
                    found.append(replace(told, seen_at=self._plan.now))
        except (AwsRefusal, *BROKEN) as error:
            refused.append(error)
        if not refused:
            return Reading((), tuple(found), frozenset({part}), prefixes=tuple(prefixes)), closed
        gap = _gap(part, account.tenant, refused[0], self._plan.now, len(refused) - 1)
        closing = next((error for error in refused if _closes(error)), closed)
        return Reading((), tuple(found), gaps=(gap,), prefixes=tuple(prefixes)), closing

    def _together(self, readings: Sequence[Reading]) -> Harvest:
        whole = _joined(readings)
        central = AccountFacts(self._aws.central_account)
        tenants = (AccountFacts(account.account_id, "", account.tenant) for account in self._aws.accounts())
        return Harvest(
            (central, *tenants),
            tuple(declared(self._settings.tenants)),
            whole.cmks,
            whole.data_keys,
            whole.complete,
            whole.gaps,
            whole.grants,
            whole.prefixes,
        )


def _closes(error: Exception) -> bool:
    """Whether an account that answers this answers nothing else either: no role, no credentials."""
    return isinstance(error, (CredentialsMissing, CredentialsExpired)) or (
        isinstance(error, AwsRefusal) and error.operation == "AssumeRole"
    )


def _gap(part: Slice, tenant: str, error: Exception, now: int, more: int = 0) -> Gap:
    also = f" (+{more})" if more else ""
    shut = bool(tenant) and _closes(error)
    if isinstance(error, AwsRefusal):
        return Gap(part, tenant, error.code, error.message + also, now, shut)
    detail = error.values.get("detail", "") if isinstance(error, ConsoleError) else error
    return Gap(part, tenant, type(error).__name__, f"{detail}{also}", now, shut)


def _joined(readings: Sequence[Reading]) -> Reading:
    return Reading(
        tuple(cmk for reading in readings for cmk in reading.cmks),
        tuple(held for reading in readings for held in reading.data_keys),
        frozenset().union(*(reading.complete for reading in readings)),
        tuple(gap for reading in readings for gap in reading.gaps),
        tuple(read for reading in readings for read in reading.grants),
        tuple(read for reading in readings for read in reading.prefixes),
    )
