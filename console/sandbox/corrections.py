"""Where moto is put right: its clock, its EC2, its S3, its secrets, its Organizations; others once they are asked."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.loaders import JSONFileLoader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.sandbox.clock import Clock


LATE = {"rds": "databases", "redshift": "warehouses", "dynamodb": "tables", "efs": "efs", "fsx": "fsx"}
"""Moto's services that are put right only once they are asked, and by which module: their models are slow to load."""


def install(clock: Clock) -> None:
    """Make moto live by our clock and build our kinds of backend; moto must be freshly reset."""
    import moto.core.utils
    import moto.organizations.utils

    with _files_read_once():
        from moto.ec2.models import ec2_backends
    from moto.organizations.models import organizations_backends
    from moto.s3.models import FakeBucket, s3_backends
    from moto.secretsmanager.models import secretsmanager_backends

    from console.sandbox.buckets import Storage, keep_versions, unjudged
    from console.sandbox.ebs import Compute
    from console.sandbox.organizations import Directory, account_id
    from console.sandbox.secretstore import SecretStore

    # moto's utcnow() looks `datetime` up in its own module each time, so one name moves all of moto.
    moto.core.utils.datetime = SimpleNamespace(datetime=_moved(clock), timedelta=dt.timedelta)
    ec2_backends.backend = Compute
    s3_backends.backend = Storage
    secretsmanager_backends.backend = SecretStore
    s3_backends.bucket_accounts.clear()
    keep_versions()
    FakeBucket.get_permission = unjudged
    organizations_backends.backend = Directory
    organizations_backends.master_accounts.clear()
    moto.organizations.utils.make_random_account_id = account_id


@contextmanager
def _files_read_once() -> Iterator[None]:
    """Moto's EC2 asks three new sessions for the same list of Regions: 0.3 s of every start."""
    stock = JSONFileLoader.load_file
    read: dict[str, Any] = {}

    def once(loader: JSONFileLoader, file_path: str) -> Any:
        if file_path not in read:
            read[file_path] = stock(loader, file_path)
        return read[file_path]

    JSONFileLoader.load_file = once  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        JSONFileLoader.load_file = stock  # type: ignore[method-assign]


def _moved(clock: Clock) -> type[dt.datetime]:
    class Moved(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            present = clock.now()
            return present.astimezone(tz) if tz else present.replace(tzinfo=None)

    return Moved


def corrected(handler: Any) -> Any:
    """Our response class's handler for moto's, or moto's own."""
    from moto.ec2.responses import EC2Response
    from moto.secretsmanager.responses import SecretsManagerResponse

    from console.sandbox.ec2 import ComputeResponse
    from console.sandbox.secretstore import SecretResponse

    of = getattr(getattr(handler, "__self__", None), "__module__", "").split(".")
    if of[0] == "moto" and of[1] in LATE:
        import_module(f"console.sandbox.{LATE[of[1]]}").install()
    ours: dict[Any, Any] = {EC2Response: ComputeResponse, SecretsManagerResponse: SecretResponse}
    return next((mine.dispatch for theirs, mine in ours.items() if handler == theirs.dispatch), handler)
