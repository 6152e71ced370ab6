"""RDS put right: a copy of a snapshot asks the CMK's own account, and every instance is a resource of its own."""

from __future__ import annotations

from typing import Any

from moto.moto_api._internal import mock_random
from moto.rds.exceptions import KMSKeyNotAccessibleFault
from moto.rds.models import RDSBackend

from console.sandbox.call import CURRENT
from console.sandbox.errors import AwsError

CREATE = RDSBackend.create_db_instance
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def install() -> None:
    """Both, once RDS is asked at all: its models are slow to load."""
    RDSBackend._validate_kms_key = usable  # noqa: SLF001 - no other way in
    RDSBackend.create_db_instance = created


def usable(_: Any, key: str) -> str:
    """The ARN of a CMK that RDS may use for the caller; moto would look for it among its own."""
    call = CURRENT.get()
    try:
        return call.kms.use(call.by("rds"), call.region, key, ("GenerateDataKeyWithoutPlaintext",))
    except AwsError as error:
        raise KMSKeyNotAccessibleFault(key) from error


def created(backend: Any, wish: dict[str, Any]) -> Any:
    """A new or restored instance with a resource id; moto has one for all of them."""
    made = CREATE(backend, wish)
    made.dbi_resource_id = "db-" + "".join(mock_random.choice(LETTERS) for _ in range(26))
    return made
