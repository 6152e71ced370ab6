"""EFS completed: a file system replicated into a new one, and back to two of their own; all by the sandbox's clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.efs.exceptions import FileSystemInUse, FileSystemNotFound
from moto.efs.models import EFSBackend, efs_backends
from moto.efs.responses import EFSResponse

from console.sandbox.call import CURRENT

if TYPE_CHECKING:
    from moto.efs.models import FileSystem

CREATE, DELETE = EFSBackend.create_file_system, EFSBackend.delete_file_system
JSON = {"Content-Type": "application/json"}
WRITE = ("GenerateDataKeyWithoutPlaintext",)


def install() -> None:
    """Once EFS is asked at all."""
    EFSBackend.create_file_system = created
    EFSBackend.delete_file_system = deleted
    EFSResponse.create_replication_configuration = create_replication
    EFSResponse.describe_replication_configurations = describe_replications
    EFSResponse.delete_replication_configuration = delete_replication


def refusal(code: str, message: str, status: int) -> JsonRESTError:
    """EFS's own word for it."""
    error = JsonRESTError(code, message)
    error.code = status
    return error


def created(backend: EFSBackend, *args: Any, **wish: Any) -> FileSystem:
    """On the sandbox's clock."""
    made = CREATE(backend, *args, **wish)
    made.creation_time = CURRENT.get().clock.now().timestamp()
    return made


def deleted(backend: EFSBackend, file_system_id: str) -> None:
    """Not while it is replicated, on either side."""
    if _of(backend, file_system_id):
        raise FileSystemInUse(f"File system '{file_system_id}' is part of a replication configuration.")
    DELETE(backend, file_system_id)


def replications(account: str) -> dict[str, dict[str, Any]]:
    """Source to its replication, of an account in all Regions."""
    found: dict[str, dict[str, Any]] = {}
    for backend in list(efs_backends[account].values()):
        found |= vars(backend).setdefault("replications", {})
    return found


def _of(backend: EFSBackend, file_system_id: str) -> dict[str, Any] | None:
    """The replication that a file system is the source or the destination of."""
    for each in replications(backend.account_id).values():
        if file_system_id in {each["SourceFileSystemId"], *(one["FileSystemId"] for one in each["Destinations"])}:
            return each
    return None


def create_replication(response: EFSResponse) -> tuple[str, dict[str, str]]:
    """To a new file system, which gets a data key of its own under the CMK that is named."""
    backend, source_id = response.efs_backend, response._get_param("SourceFileSystemId")  # noqa: SLF001 - moto's own way
    (wish,) = response._get_param("Destinations")  # noqa: SLF001
    source = backend.file_systems_by_id.get(source_id)
    if source is None:
        raise FileSystemNotFound(source_id)
    if _of(backend, source_id):
        raise refusal("ConflictException", f"File system '{source_id}' is in a replication configuration already.", 409)
    if wish.get("FileSystemId"):
        raise NotImplementedError
    made = _replica(backend, source, wish)
    told = _told(backend, source, made, wish)
    vars(backend).setdefault("replications", {})[source_id] = told
    return json.dumps(told), JSON


def _replica(backend: EFSBackend, source: FileSystem, wish: dict[str, Any]) -> FileSystem:
    call, region = CURRENT.get(), wish.get("Region") or backend.region_name
    key = wish.get("KmsKeyId")
    arn = call.kms.use(call.by("elasticfilesystem"), region, key, WRITE) if key else None
    return efs_backends[backend.account_id][region].create_file_system(
        creation_token=f"destination-of-{source.file_system_id}", performance_mode=source.performance_mode,
        encrypted=True, kms_key_id=arn, throughput_mode=source.throughput_mode,
        provisioned_throughput_in_mibps=source.provisioned_throughput_in_mibps,
        availability_zone_name=wish.get("AvailabilityZoneName"), backup=False, tags=[],
    )  # fmt: skip


def _told(backend: EFSBackend, source: FileSystem, made: FileSystem, wish: dict[str, Any]) -> dict[str, Any]:
    there = {
        "Status": "ENABLED", "FileSystemId": made.file_system_id, "OwnerId": backend.account_id,
        "Region": wish.get("Region") or backend.region_name, "LastReplicatedTimestamp": made.creation_time,
    }  # fmt: skip
    return {
        "SourceFileSystemId": source.file_system_id, "SourceFileSystemRegion": backend.region_name,
        "SourceFileSystemArn": source.file_system_arn, "OriginalSourceFileSystemArn": source.file_system_arn,
        "SourceFileSystemOwnerId": backend.account_id, "CreationTime": made.creation_time, "Destinations": [there],
    }  # fmt: skip


def describe_replications(response: EFSResponse) -> tuple[str, dict[str, str]]:
    """Of one file system, on either side; else all."""
    backend, asked = response.efs_backend, response._get_param("FileSystemId")  # noqa: SLF001
    if not asked:
        return json.dumps({"Replications": list(replications(backend.account_id).values())}), JSON
    if asked not in backend.file_systems_by_id:
        raise FileSystemNotFound(asked)
    found = _of(backend, asked)
    if found is None:
        raise refusal("ReplicationNotFound", f"Replication configuration for '{asked}' not found.", 404)
    return json.dumps({"Replications": [found]}), JSON


def delete_replication(response: EFSResponse) -> tuple[str, dict[str, Any]]:
    """The destination becomes a file system like any other, with what was replicated in it."""
    backend, source_id = response.efs_backend, response._get_param("SourceFileSystemId")  # noqa: SLF001
    if vars(backend).setdefault("replications", {}).pop(source_id, None) is None:
        raise refusal("ReplicationNotFound", f"Replication configuration for '{source_id}' not found.", 404)
    return "", {"status": 204, **JSON}
