"""Who asks AWS: clients per account and Region, with one pace, one way of retrying and one place to go."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from console.aws.pace import Pace
from console.aws.refusals import THROTTLING, AwsRefusal, edge
from console.errors import AwsUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.session import Session

    from console.files import FilesSettings
    from console.settings import Settings, TenantSettings
    from store.harvest import ObjectRead

CONNECT_SECONDS = 5
READ_SECONDS = 30
ATTEMPTS = 6
"""First try included. Botocore's standard mode waits a random part of 1, 2, 4 … 20 s between them."""

BRISK = 2
"""Attempts at STS, which is asked first: who has no network wants to hear it soon."""

AGENT = "kms-console/0.1"


class Account:
    """One AWS account as seen with our credentials for it. `tenant` is '' for the central account; `arn` is as whom
    it knows us, once `identity` has asked. `read_before` gives what an earlier sync read of a prefix's objects, by key.
    """

    def __init__(self, aws: Aws, account_id: str, tenant: TenantSettings | None = None) -> None:
        self._aws = aws
        self._settings = tenant
        self._session: Session | None = None
        self._clients: dict[tuple[str, str, int], Any] = {}
        self._lock = threading.RLock()
        self.account_id = account_id
        self.tenant = tenant.name if tenant else ""
        self.arn = ""
        self.read_before: Callable[[str], Mapping[str, ObjectRead]] = lambda _: {}

    @property
    def central_account(self) -> str:
        """The account id that holds the CMKs."""
        return self._aws.central_account

    @property
    def files(self) -> tuple[FilesSettings, ...]:
        """Folders of this machine that belong to the tenant; told with the first of its accounts only."""
        told = self._settings
        return told.files if told is not None and told.accounts[:1] == (self.account_id,) else ()

    def client(self, service: str, region: str, attempts: int = 0) -> Any:
        """A botocore client, made once. Loading a service's model costs 50 to 300 ms the first time.

        `attempts` at each request (0: as many as is usual); 1 for who must look before asking a second time.

        Raises:
            CredentialsMissing: the profile does not exist.
            AwsRefusal: this tenant has neither role nor profile (code `NoRole`).
        """
        with self._lock:
            attempts = attempts or (BRISK if service == "sts" else ATTEMPTS)
            if (service, region, attempts) not in self._clients:
                self._clients[service, region, attempts] = self._made(service, region, attempts)
            return self._clients[service, region, attempts]

    def identity(self, region: str) -> dict[str, str]:
        """GetCallerIdentity: Account, Arn, UserId. The cheapest proof that credentials work."""
        told = ask(self.client("sts", region), "get_caller_identity")
        self.account_id = self.account_id or told["Account"]
        self.arn = told["Arn"]
        return told

    def close(self) -> None:
        """Let go of clients and connections; thousands of accounts would not fit in memory together."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
            self._session = None

    def _made(self, service: str, region: str, attempts: int) -> Any:
        with self._aws.lock, edge():
            if self._session is None:
                self._session = self._open()
            client = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=self._aws.endpoint_url,
                config=self._aws.config(attempts),
            )
        self._aws.listen(client, self.account_id, region)
        nameless(client)
        return client

    def _open(self) -> Session:
        if self._settings is None:
            return self._aws.session(self._aws.profile)
        if self._settings.profile:
            return self._aws.session(self._settings.profile)
        if not self._settings.role_arn:
            raise AwsRefusal("NoRole", self.account_id, "AssumeRole")
        return self._aws.assumed(partial(self._assume, self._settings))

    def _assume(self, tenant: TenantSettings) -> dict[str, Any]:
        extra = {"ExternalId": tenant.external_id} if tenant.external_id else {}
        client = self._aws.central.client("sts", self._aws.region)
        arn = tenant.role_arn.replace("{account}", self.account_id)
        answer: dict[str, Any] = client.assume_role(RoleArn=arn, RoleSessionName="kms-console", **extra)
        return answer


class Aws:
    """AWS as these settings reach it. Cheap to make: botocore is imported with the first client.

    `pace` counts and slows every request of every account, retries included.
    """

    def __init__(self, settings: Settings, pace: Pace | None = None) -> None:
        self._settings = settings
        self._configs: dict[int, Any] = {}
        self._loader: Any = None
        self.pace = pace or Pace(dict(settings.quotas))
        self.lock = threading.RLock()
        self.central = Account(self, settings.central_account)

    @property
    def central_account(self) -> str:
        """From the settings, else as GetCallerIdentity told; '' before either."""
        return self.central.account_id

    @property
    def profile(self) -> str:
        return self._settings.profile

    @property
    def region(self) -> str:
        """The Region whose STS is asked for roles."""
        return self._settings.regions[0]

    @property
    def endpoint_url(self) -> str | None:
        return self._settings.endpoint_url or None

    def accounts(self, tenant: str = "") -> list[Account]:
        """The tenants' accounts, each once; of one tenant when named."""
        found: dict[str, Account] = {}
        for told in self._settings.tenants:
            if not tenant or told.name == tenant:
                for account_id in told.accounts:
                    found.setdefault(account_id, Account(self, account_id, told))
        return list(found.values())

    def config(self, attempts: int) -> Any:
        """How clients try, wait and give up."""
        if attempts not in self._configs:
            import botocore
            from botocore.config import Config

            self._configs[attempts] = Config(
                retries={"mode": "standard", "total_max_attempts": attempts},
                # Twice: who rewrites objects has twice as many threads as a sync, or reads one while it writes another.
                max_pool_connections=2 * self._settings.concurrency + 2,
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                tcp_keepalive=True,
                # A whole string of our own: botocore would compose one for each request, at 15 % of a call.
                user_agent=f"{AGENT} botocore/{botocore.__version__}",
            )
        return self._configs[attempts]

    def session(self, profile: str = "") -> Session:
        """A botocore session; all share one loader, so that a service's model is read once."""
        from botocore.session import Session

        session = Session(profile=profile or None)
        if self._loader is None:
            self._loader = session.get_component("data_loader")
        session.register_component("data_loader", self._loader)
        return session

    def assumed(self, assume: Any) -> Session:
        """A session whose only credentials are those that `assume` fetches."""
        from console.aws.credentials import resolver

        session = self.session(self.profile)
        session.register_component("credential_provider", resolver(assume))
        return session

    def listen(self, client: Any, account: str, region: str) -> None:
        """Let the pace see every request (retries too) before it leaves, and every complaint of its speed."""
        events = client.meta.events
        events.register("before-send", partial(self._before, account, region))
        events.register_first("needs-retry", partial(self._after, account, region))
        events.register("after-call", _whole)

    def _before(self, account: str, region: str, event_name: str, **_: Any) -> None:
        self.pace.take(account, region, event_name.rpartition(".")[2])

    def _after(self, account: str, region: str, event_name: str, response: Any = None, **_: Any) -> None:
        if response is not None and response[1].get("Error", {}).get("Code") in THROTTLING:
            self.pace.slow(account, region, event_name.rpartition(".")[2])


def _whole(http_response: Any, model: Any, **_: Any) -> None:
    """Half an answer is none. Botocore does not compare lengths, and reads half a JSON text as an empty answer: a
    list that was cut off would be a list of nothing.
    """
    if model.has_streaming_output or model.http.get("method") == "HEAD":
        return
    told = http_response.headers.get("content-length", "")
    if told.isdigit() and len(http_response.content) < int(told):
        raise AwsUnreachable("aws.unreachable", detail=f"{model.name}: {len(http_response.content)} < {told}")


def nameless(client: Any) -> None:
    """S3 Control has the account id before the name of its host. An endpoint that is an address has no name, so there
    nothing is put before it; the header tells the account as well.
    """
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    if client.meta.service_model.service_name == "s3control" and host.replace(".", "").isdigit():
        client.meta.events.register("before-sign.s3-control", partial(_bare, host))


def _bare(host: str, request: Any, **_: Any) -> None:
    before, _, after = request.url.partition(host)
    request.url = f"{before.partition('//')[0]}//{host}{after}"


def ask(client: Any, method: str, **parameters: Any) -> dict[str, Any]:
    """One request, its errors made ours; see `refusals.edge`."""
    with edge(method):
        answer: dict[str, Any] = getattr(client, method)(**parameters)
    return answer


def pages(client: Any, method: str, key: str, size: int = 0, **parameters: Any) -> Iterator[Mapping[str, Any]]:
    """Every entry under `key` of every page; `size` is entries a page (0: AWS's default)."""
    config = {"PageSize": size} if size else {}
    with edge(method):
        for page in client.get_paginator(method).paginate(PaginationConfig=config, **parameters):
            yield from page.get(key, ())
