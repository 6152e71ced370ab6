"""What differs between customers: flags over environment over a TOML file over defaults."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.errors import UsageError
from console.files import FilesSettings, folder_of
from console.rates import Rates, rates_of
from console.terms import TABLES as TERM_TABLES
from console.terms import AgePolicy, Requesting, Terms, Tolerance, WrongTermError, terms_of
from store.records import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = ("admin", "owner", "support", "auditor")
LANGUAGES = ("nl", "en")
LANES = ("central", "tenant")
THEMES = ("dark", "light", "dark-deuteranopia", "light-deuteranopia")


@dataclass(frozen=True, slots=True)
class TagNames:
    """The tag keys that place a CMK or a resource in the hierarchy, and the one that classes a CMK's data."""

    tenant: str = "afnemer"
    application: str = "toepassing"
    environment: str = "omgeving"
    data_class: str = "informatieklasse"


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """One tenant: its AWS accounts, how to read them, and what is declared of it.

    `role_arn` may hold `{account}`; `profile` is used instead of a role when given; `act_role_arn` and
    `act_profile` are the same for who changes something there. `transit_cmk` goes before `[rotation] transit`.
    `contact` is whom to call about its data, in the administrators' own words; with `trusted_keys` the tenant signs
    its requests. `applications` are pairs of a name and its environments, declared whether or not a key exists for
    them.
    """

    name: str
    accounts: tuple[str, ...] = ()
    role_arn: str = ""
    external_id: str = ""
    profile: str = ""
    act_role_arn: str = ""
    act_profile: str = ""
    transit_cmk: str = ""
    contact: str = ""
    trusted_keys: tuple[str, ...] = ()
    applications: tuple[tuple[str, tuple[str, ...]], ...] = ()
    files: tuple[FilesSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class ExchangeSettings:
    """Where letters between the central account and its tenants lie, who signs ours, and whose we believe.

    `bucket` '' is none: letters then go by file. `region` and `profile` '' are those of `[aws]`. `signing_key` is a
    file or the ARN of a KMS key, '' the file of `doctor --make-signing-key`. A snapshot older than `max_age_days`
    (0: never) is not taken, and one that was taken is called stale by then.
    """

    bucket: str = ""
    prefix: str = ""
    region: str = ""
    profile: str = ""
    signing_key: str = ""
    trusted_keys: tuple[str, ...] = ()
    max_age_days: int = 30

    @property
    def any(self) -> bool:
        """Whether anything is published to, or pulled by, these settings."""
        return bool(self.bucket or self.signing_key or self.trusted_keys)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that this run was told; made once, in the front door."""

    store: Path = Path()
    config: Path | None = None
    configured: bool = False
    sandbox: bool = False
    profile: str = ""
    regions: tuple[str, ...] = ()
    central_account: str = ""
    endpoint_url: str = ""
    role: str = "admin"
    scope: Scope | None = None
    write: bool = False
    lanes: tuple[str, ...] = ()
    lang: str = "nl"
    theme: str = "dark"
    mouse: bool = True
    tenants: tuple[TenantSettings, ...] = ()
    tags: TagNames = field(default_factory=TagNames)
    alias_pattern: str = ""
    quotas: tuple[tuple[str, float], ...] = ()
    concurrency: int = 24
    rotation_max_age_hours: int = 24
    on_demand_limit: int = 25
    grants: bool = True
    grants_max_age_hours: int = 24
    services: tuple[str, ...] = ()
    keep_days: int = 0
    moment: int | None = None
    present: Path | None = None
    support_phone: str = "1700"
    support_mail: str = "integraties@vlaanderen.be"
    terms: Terms = field(default_factory=Terms)
    rates: Rates = field(default_factory=Rates)
    exchange: ExchangeSettings = field(default_factory=ExchangeSettings)

    def now(self) -> int:
        """The moment that is looked at, in epoch seconds: the present, or that of a past whose cache this is."""
        return int(time.time()) if self.moment is None else self.moment

    @property
    def age(self) -> AgePolicy:
        """How old a data key may be."""
        return self.terms.age

    def transit_for(self, tenant: str) -> str:
        """The ARN of the CMK that this tenant's data passes under on its way to a new data key; '' for none."""
        own = next((told.transit_cmk for told in self.tenants if told.name == tenant), "")
        return own or self.terms.rotating.transit

    @property
    def transits(self) -> frozenset[str]:
        """The ARNs of every CMK that data passes under: they hold nothing, and serve several tenants."""
        named = {told.transit_cmk for told in self.tenants} | {self.terms.rotating.transit}
        return frozenset(named - {""})

    @property
    def requesting(self) -> Requesting:
        """How CMKs are asked for."""
        return self.terms.requesting

    @property
    def findings(self) -> Tolerance:
        """What is no finding yet."""
        return self.terms.findings


ENVIRONMENT = {
    "config": "KMS_CONSOLE_CONFIG",
    "store": "KMS_CONSOLE_STORE",
    "role": "KMS_CONSOLE_ROLE",
    "scope": "KMS_CONSOLE_SCOPE",
    "lang": "KMS_CONSOLE_LANG",
    "theme": "KMS_CONSOLE_THEME",
    "endpoint_url": "KMS_CONSOLE_ENDPOINT_URL",
    "lanes": "KMS_CONSOLE_LANES",
    "exchange_profile": "KMS_CONSOLE_EXCHANGE_PROFILE",
}
"""Settings that an environment variable may give, below flags and above the file."""


def load(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this run. `flags` holds only what was given on the command line.

    Raises:
        UsageError: a file that cannot be read, or a value that is not one of those allowed.
    """
    environ = os.environ if environ is None else environ
    given = {name: environ[var] for name, var in ENVIRONMENT.items() if environ.get(var)}
    given.update({k: v for k, v in flags.items() if v is not None})
    path = Path(given["config"]).expanduser() if given.get("config") else _home("config") / "config.toml"
    told = _read(path, required="config" in given)
    settings = Settings(config=path, configured=bool(told), lang=locale_language(environ))
    settings = _from_table(settings, told)
    settings = _from_given(settings, given)
    if not settings.store.name:
        settings = replace(settings, store=_home("data") / "estate.db")
    return _checked(settings)


def _home(what: str) -> Path:
    import platformdirs

    if what == "config":
        return Path(platformdirs.user_config_dir("kms-console", appauthor=False))
    return Path(platformdirs.user_data_dir("kms-console", appauthor=False))


def locale_language(environ: Mapping[str, str]) -> str:
    """Dutch where the locale is Dutch or says nothing, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value and not value.startswith(("C", "POSIX")):
            return "nl" if value.startswith("nl") else "en"
    return "nl"


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        if required:
            raise UsageError("settings.missing", path=str(path)) from error
        return {}
    except OSError as error:
        raise UsageError("settings.unreadable", path=str(path), detail=error.strerror or "") from error
    import tomllib

    try:
        return tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError("settings.malformed", path=str(path), detail=str(error)) from error


_AWS = {"endpoint_url": str, "central_account": str, "profile": str, "concurrency": int}
_CONSOLE = {"role": str, "lang": str, "theme": str, "mouse": bool, "write": bool, "alias_pattern": str}
_CONTACT = {"support_phone": str, "support_mail": str}
_SYNC = {"rotation_max_age_hours": int, "on_demand_limit": int, "grants": bool, "grants_max_age_hours": int}
_HISTORY = {"keep_days": int}
_TABLES = (
    "aws",
    "console",
    "contact",
    "estimates",
    "exchange",
    "sync",
    "history",
    "tags",
    "quotas",
    "tenants",
    "files",
    *TERM_TABLES,
)
_EXCHANGE = dict.fromkeys(("bucket", "prefix", "region", "profile", "signing_key"), str) | {"max_age_days": int}


def _from_table(settings: Settings, table: dict[str, Any]) -> Settings:
    if unknown := sorted(set(table) - set(_TABLES)):
        raise UsageError("settings.unknown", name=unknown[0], path=str(settings.config))
    aws, console = table.get("aws", {}), table.get("console", {})
    values: dict[str, Any] = {}
    values |= _typed(settings, "aws", aws, _AWS, also=("regions",))
    values |= _typed(settings, "console", console, _CONSOLE, also=("scope", "store", "lanes"))
    values |= _typed(settings, "contact", table.get("contact", {}), _CONTACT)
    values |= _typed(settings, "sync", table.get("sync", {}), _SYNC, also=("services",))
    values |= _typed(settings, "history", table.get("history", {}), _HISTORY)
    if values.get("keep_days", 0) < 0:
        raise UsageError("settings.wrong", name="history.keep_days", path=str(settings.config))
    values["exchange"] = _exchange(settings, table.get("exchange", {}))
    if "regions" in aws:
        values["regions"] = _strings(settings, "aws.regions", aws["regions"])
    if "scope" in console:
        values["scope"] = scope_of(str(console["scope"]))
    if "services" in table.get("sync", {}):
        values["services"] = _strings(settings, "sync.services", table["sync"]["services"])
    if "lanes" in console:
        values["lanes"] = _strings(settings, "console.lanes", console["lanes"])
    if "store" in console:
        values["store"] = Path(str(console["store"])).expanduser()
    values["tags"] = TagNames(**_typed(settings, "tags", table.get("tags", {}), dict.fromkeys(_names(TagNames), str)))
    values["quotas"] = _quotas(settings, table.get("quotas", {}))
    tenants = tuple(_tenant(settings, t) for t in table.get("tenants", ()))
    values["tenants"] = _with_files(settings, tenants, [_files(settings, f) for f in table.get("files", ())])
    try:
        values["terms"], values["rates"] = terms_of(table), rates_of(table.get("estimates", {}))
    except WrongTermError as error:
        raise UsageError("settings.wrong", name=error.name, path=str(settings.config)) from error
    return replace(settings, **values)


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


def _typed(
    settings: Settings, where: str, table: Any, kinds: Mapping[str, type], also: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise UsageError("settings.wrong", name=where, path=str(settings.config))
    for name, value in table.items():
        if name in also:
            continue
        if name not in kinds:
            raise UsageError("settings.unknown", name=f"{where}.{name}", path=str(settings.config))
        if not isinstance(value, kinds[name]):
            raise UsageError("settings.wrong", name=f"{where}.{name}", path=str(settings.config))
    return {name: value for name, value in table.items() if name in kinds}


def _exchange(settings: Settings, table: Any) -> ExchangeSettings:
    plain = _typed(settings, "exchange", table, _EXCHANGE, also=("trusted_keys",))
    keys = _strings(settings, "exchange.trusted_keys", table.get("trusted_keys", []))
    if plain.get("max_age_days", 0) < 0:
        raise UsageError("settings.wrong", name="exchange.max_age_days", path=str(settings.config))
    if (prefix := plain.get("prefix", "")) and not prefix.endswith("/"):
        plain["prefix"] = f"{prefix}/"
    return ExchangeSettings(trusted_keys=keys, **plain)


def _strings(settings: Settings, name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise UsageError("settings.wrong", name=name, path=str(settings.config))
    return tuple(value)


def _quotas(settings: Settings, table: Any) -> tuple[tuple[str, float], ...]:
    if not isinstance(table, dict) or not all(isinstance(v, int | float) and v > 0 for v in table.values()):
        raise UsageError("settings.wrong", name="quotas", path=str(settings.config))
    return tuple((name, float(rate)) for name, rate in table.items())


def _tenant(settings: Settings, table: Any) -> TenantSettings:
    kinds = dict.fromkeys(
        ("name", "role_arn", "external_id", "profile", "act_role_arn", "act_profile", "transit_cmk", "contact"), str
    )
    plain = _typed(settings, "tenants", table, kinds, also=("accounts", "applications", "trusted_keys"))
    if not plain.get("name"):
        raise UsageError("settings.wrong", name="tenants.name", path=str(settings.config))
    accounts = _strings(settings, "tenants.accounts", table.get("accounts", []))
    if bad := next((a for a in accounts if not (len(a) == 12 and a.isdigit())), None):
        raise UsageError("settings.account", value=bad, path=str(settings.config))
    keys = _strings(settings, "tenants.trusted_keys", table.get("trusted_keys", []))
    declared = table.get("applications", {})
    if not isinstance(declared, dict):
        raise UsageError("settings.wrong", name="tenants.applications", path=str(settings.config))
    applications = tuple(
        (name, _strings(settings, f"tenants.applications.{name}", environments))
        for name, environments in declared.items()
    )
    return TenantSettings(accounts=accounts, applications=applications, trusted_keys=keys, **plain)


def _files(settings: Settings, table: Any) -> FilesSettings:
    kinds: dict[str, type] = dict.fromkeys(("tenant", "path", "key", "application", "environment", "region"), str)
    plain = _typed(settings, "files", table, kinds | {"rows": int})
    path = folder_of(plain.get("path", ""))
    checks = {"path": bool(path), "key": ":key/" in plain.get("key", ""), "tenant": bool(plain.get("tenant"))}
    if wrong := [name for name, good in checks.items() if not good]:
        raise UsageError("settings.wrong", name=f"files.{wrong[0]}", path=str(settings.config))
    return FilesSettings(**(plain | {"path": path}))


def _with_files(
    settings: Settings, tenants: tuple[TenantSettings, ...], files: list[FilesSettings]
) -> tuple[TenantSettings, ...]:
    if {one.tenant for one in files} - {one.name for one in tenants}:
        raise UsageError("settings.wrong", name="files.tenant", path=str(settings.config))
    return tuple(replace(one, files=tuple(f for f in files if f.tenant == one.name)) for one in tenants)


def with_sandbox(settings: Settings, endpoint: str) -> Settings:
    """These settings, told that the endpoint is the embedded AWS (which the banner always says)."""
    return replace(settings, endpoint_url=endpoint, sandbox=True, configured=True)


_FLAGS = ("profile", "role", "lang", "theme", "endpoint_url")


def _from_given(settings: Settings, given: Mapping[str, Any]) -> Settings:
    values: dict[str, Any] = {name: given[name] for name in _FLAGS if name in given}
    if "region" in given:
        values["regions"] = tuple(part for part in str(given["region"]).split(",") if part)
    if "lanes" in given:
        values["lanes"] = tuple(part for part in str(given["lanes"]).split(",") if part)
    if "store" in given:
        values["store"] = Path(given["store"]).expanduser()
    if "scope" in given:
        values["scope"] = scope_of(given["scope"])
    if "exchange_profile" in given:
        values["exchange"] = replace(settings.exchange, profile=given["exchange_profile"])
    if given.get("write"):
        values["write"] = True
    if given.get("sandbox"):
        values["sandbox"] = True
    return replace(settings, **values)


def scope_of(text: str) -> Scope:
    """`TENANT` or `TENANT/APP`; a slash inside a name is written %2F, as in paths."""
    from console.text.paths import split_path

    parts = split_path(text)
    if not 1 <= len(parts) <= 2:
        raise UsageError("settings.scope", value=text)
    return Scope(*parts)


def _checked(settings: Settings) -> Settings:
    for name, allowed in (("role", ROLES), ("lang", LANGUAGES), ("theme", THEMES)):
        if (value := getattr(settings, name)) not in allowed:
            raise UsageError("settings.choice", name=name, value=value, allowed=", ".join(allowed))
    if strange := set(settings.lanes) - set(LANES):
        raise UsageError("settings.choice", name="lanes", value=min(strange), allowed=", ".join(LANES))
    if settings.role == "owner" and settings.scope is None:
        raise UsageError("settings.owner_scope")
    return settings
