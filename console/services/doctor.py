"""What these settings and credentials can and cannot do: every call of a sync tried once, nothing changed anywhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from console.aws import kms
from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.errors import ConsoleError
from console.services.person import remember
from store.database import Store
from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from console.aws.session import Account, Aws
    from console.settings import Settings

OK, WARN, FAIL = "ok", "warn", "fail"

ACCOUNTS_AT_ONCE = 8
SAMPLE = 20
"""Keys looked at to find one of the customer's own; the others are AWS's."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    `key` and `advice` are text keys (what was looked at; what to do when it is not well), `target` says where,
    `outcome` is ok, warn (a sync does without) or fail, `detail` is AWS's or the system's own word.
    """

    key: str
    target: str
    outcome: str = OK
    detail: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """The lightest call that proves a permission; `needed` False where a sync has another way."""

    action: str
    call: Callable[[Account, str], object]
    advice: str = "doctor.advice.permission"
    needed: bool = True


def _list(method: str, account: Account, region: str) -> object:
    return ask(account.client("kms", region), method, Limit=1)


def _tags(account: Account, region: str) -> object:
    client = account.client("resourcegroupstaggingapi", region)
    return ask(client, "get_resources", ResourceTypeFilters=["kms:key"], ResourcesPerPage=1)


def _events(account: Account, region: str) -> object:
    attributes = [{"AttributeKey": "EventName", "AttributeValue": "PutKeyPolicy"}]
    client = account.client("cloudtrail", region)
    return ask(client, "lookup_events", LookupAttributes=attributes, StartTime=datetime.now(UTC), MaxResults=1)


CENTRAL = (
    Probe("kms:ListKeys", partial(_list, "list_keys")),
    Probe("kms:ListAliases", partial(_list, "list_aliases")),
    Probe("tag:GetResources", _tags, "doctor.advice.tags", needed=False),
    Probe("cloudtrail:LookupEvents", _events, "doctor.advice.events", needed=False),
)
ON_A_KEY: Mapping[str, Mapping[str, object]] = {
    "get_key_rotation_status": {},
    "list_key_rotations": {"IncludeKeyMaterial": "ALL_KEY_MATERIAL", "Limit": 1},
    "get_key_policy": {"PolicyName": "default"},
    "list_resource_tags": {"Limit": 1},
    "list_grants": {"Limit": 1},
}
ACTIONS = {
    "get_key_rotation_status": "kms:GetKeyRotationStatus",
    "list_key_rotations": "kms:ListKeyRotations",
    "get_key_policy": "kms:GetKeyPolicy",
    "list_resource_tags": "kms:ListResourceTags",
    "list_grants": "kms:ListGrants",
}


SPARE = frozenset({"list_resource_tags", "list_grants"})
"""Calls on a key that a sync can do without."""


class Kind(Protocol):
    """The part of a kind of data key that a doctor needs."""

    @property
    def probes(self) -> Mapping[str, Callable[[Account, str], object]]: ...
    @property
    def spare(self) -> frozenset[str]: ...


class Doctor:
    """Looks, and never touches. Takes a call or two per permission, account and Region."""

    def __init__(self, settings: Settings, aws: Aws, kinds: Sequence[Kind]) -> None:
        self._settings = settings
        self._aws = aws
        self._kinds = kinds

    def run(self) -> list[Check]:
        """All checks, in the order in which one would repair: settings, store, central account, tenants."""
        checks = [self._configured(), self._store()]
        if not self._settings.regions:
            return checks
        found = [self._credentials(region) for region in self._settings.regions]
        checks += found
        for region, check in zip(self._settings.regions, found, strict=True):
            if check.outcome == OK:
                checks += self._central(region)
        self._learn()
        if any(check.outcome == OK for check in found):
            with ThreadPoolExecutor(ACCOUNTS_AT_ONCE) as pool:
                for told in pool.map(self._tenant, self._accounts()):
                    checks += told
        return checks

    def _configured(self) -> Check:
        where = str(self._settings.config or "")
        if not self._settings.regions:
            return Check("doctor.settings", where, FAIL, advice="doctor.advice.regions")
        if not self._settings.tenants:
            return Check("doctor.settings", where, WARN, advice="doctor.advice.tenants")
        return Check("doctor.settings", where, detail=", ".join(self._settings.regions))

    def _store(self) -> Check:
        where = str(self._settings.store)
        try:
            Store.open(self._settings.store).close()
        except StoreError as error:
            missing = error.key == "store.missing"
            advice = "doctor.advice.sync" if missing else "doctor.advice.store"
            return Check(
                "doctor.store", where, WARN if missing else FAIL, f"{error.key} {error.detail}".strip(), advice
            )
        return Check("doctor.store", where)

    def _learn(self) -> None:
        """Who we are stands in the audit from now on."""
        if not self._settings.store.exists():
            return
        with suppress(StoreError):
            store = Store.open(self._settings.store, write=True)
            remember(store, self._settings, self._aws.central.arn)
            store.close()

    # -- the central account -------------------------------------------------------------------------------------

    def _credentials(self, region: str) -> Check:
        try:
            told = self._aws.central.identity(region)
        except (AwsRefusal, ConsoleError) as error:
            return Check("doctor.credentials", region, FAIL, _said(error), "doctor.advice.credentials")
        if told["Account"] != self._aws.central_account:
            return Check("doctor.credentials", region, FAIL, told["Arn"], "doctor.advice.account")
        return Check("doctor.credentials", region, detail=told["Arn"])

    def _central(self, region: str) -> Iterator[Check]:
        central = self._aws.central
        for probe in CENTRAL:
            yield _tried(probe, central, region)
        try:
            key = _own_key(central, region)
        except (AwsRefusal, ConsoleError) as error:
            yield Check(
                "doctor.permission",
                _where("kms:DescribeKey", central, region),
                FAIL,
                _said(error),
                "doctor.advice.permission",
            )
            return
        if not key:
            yield Check("doctor.keys", _where("kms:DescribeKey", central, region), WARN, "", "doctor.advice.no_key")
            return
        yield Check("doctor.permission", _where("kms:DescribeKey", central, region))
        for method, parameters in ON_A_KEY.items():
            if method == "list_grants" and not self._settings.grants:
                continue
            needed = method not in SPARE
            call = partial(_on_key, method, {"KeyId": key} | dict(parameters))
            yield _tried(Probe(ACTIONS[method], call, needed=needed), central, region)

    def _accounts(self) -> list[Account]:
        """The tenants' accounts; within a scope that tenant's, and none where the settings do not know it."""
        scope = self._settings.scope
        return [each for each in self._aws.accounts() if scope is None or each.tenant == scope.tenant]

    # -- the tenants ---------------------------------------------------------------------------------------------

    def _tenant(self, account: Account) -> list[Check]:
        checks = []
        for region in self._settings.regions:
            entrance = self._entrance(account, region)
            checks.append(entrance)
            if entrance.outcome == OK:
                checks += [_tried(probe, account, region) for kind in self._kinds for probe in _probes(kind)]
        return checks

    def _entrance(self, account: Account, region: str) -> Check:
        where = _where(account.tenant, account, region)
        try:
            told = account.identity(region)
        except (AwsRefusal, ConsoleError) as error:
            return Check("doctor.role", where, FAIL, _said(error), "doctor.advice.role")
        if told["Account"] != account.account_id:
            return Check("doctor.role", where, FAIL, told["Arn"], "doctor.advice.account")
        return Check("doctor.role", where, detail=told["Arn"])


def _probes(kind: Kind) -> Iterator[Probe]:
    for action, call in kind.probes.items():
        spare = action in kind.spare
        advice = "doctor.advice.spare" if spare else "doctor.advice.permission"
        yield Probe(action, call, advice, needed=not spare)


def _own_key(account: Account, region: str) -> str:
    """The id of a customer key that is symmetric, if the first keys hold one: the others cannot be asked all."""
    client = account.client("kms", region)
    listed = ask(client, "list_keys", Limit=SAMPLE).get("Keys", ())
    for entry in listed:
        metadata = kms.describe_key(client, entry["KeyId"])
        if metadata.get("KeyManager") == "CUSTOMER" and kms.rotates(metadata):
            return str(entry["KeyId"])
    return ""


def _on_key(method: str, parameters: Mapping[str, object], account: Account, region: str) -> object:
    return ask(account.client("kms", region), method, **parameters)


def _tried(probe: Probe, account: Account, region: str) -> Check:
    where = _where(probe.action, account, region)
    try:
        probe.call(account, region)
    except (AwsRefusal, ConsoleError) as error:
        return Check("doctor.permission", where, FAIL if probe.needed else WARN, _said(error), probe.advice)
    return Check("doctor.permission", where)


def _where(what: str, account: Account, region: str) -> str:
    return f"{what} · {account.account_id} · {region}"


def _said(error: AwsRefusal | ConsoleError) -> str:
    if isinstance(error, AwsRefusal):
        return f"{error.code}: {error.message}"
    return str(error.values.get("detail", "") or error.key)
