"""FSx completed: a file system made of a back-up, the states that AWS tells, and refusals of what is not there."""

from __future__ import annotations

import json
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.fsx.models import Backup, FileSystem, FSxBackend
from moto.fsx.responses import FSxResponse

from console.sandbox.call import CURRENT

CREATE, BACK_UP = FSxBackend.create_file_system, FSxBackend.create_backup
FILE_SYSTEMS, BACKUPS = FSxBackend.describe_file_systems, FSxBackend.describe_backups
TOLD, KEPT = FileSystem.to_dict, Backup.to_dict
WRITE = ("GenerateDataKeyWithoutPlaintext",)


def install() -> None:
    """Once FSx is asked at all."""
    FSxBackend.create_file_system, FSxBackend.create_backup = created, backed_up
    FSxBackend.describe_file_systems, FSxBackend.describe_backups = file_systems, backups
    FileSystem.to_dict, Backup.to_dict = told, kept
    FSxResponse.create_file_system_from_backup = from_backup


def created(backend: FSxBackend, **wish: Any) -> FileSystem:
    """On the sandbox's clock, and available at once."""
    made = CREATE(backend, **wish)
    made.creation_time = CURRENT.get().clock.now().timestamp()
    return made


def backed_up(backend: FSxBackend, file_system_id: str, **wish: Any) -> Backup:
    """Whole at once; it keeps what it was made of, for who makes a file system of it."""
    made = BACK_UP(backend, file_system_id=file_system_id, **wish)
    made.creation_time, made.lifecycle = CURRENT.get().clock.now().timestamp(), "AVAILABLE"
    made.source = backend.file_systems[file_system_id]
    return made


def told(found: FileSystem) -> dict[str, Any]:
    """With what moto leaves out."""
    return {**TOLD(found), "Lifecycle": "AVAILABLE", "CreationTime": found.creation_time,
            "OwnerId": found.backend.account_id}  # fmt: skip


def kept(found: Backup) -> dict[str, Any]:
    """The same of a back-up: its kind, its CMK and its file system are always told."""
    source = {"FileSystem": told(found.source), "KmsKeyId": found.source.kms_key_id}
    return {**KEPT(found), "Type": "USER_INITIATED", **source}


def file_systems(backend: FSxBackend, file_system_ids: list[str], **rest: Any) -> Any:
    """Moto tells nothing of those that are not there."""
    _known(backend.file_systems, file_system_ids, "FileSystemNotFound", "File system")
    return FILE_SYSTEMS(backend, file_system_ids=file_system_ids, **rest)


def backups(backend: FSxBackend, backup_ids: list[str], **rest: Any) -> Any:
    """The same."""
    _known(backend.backups, backup_ids, "BackupNotFound", "Backup")
    return BACKUPS(backend, backup_ids=backup_ids, **rest)


def _known(there: dict[str, Any], named: list[str] | None, code: str, word: str) -> None:
    for name in named or ():
        if name not in there:
            raise JsonRESTError(code, f"{word} '{name}' does not exist.")


def from_backup(response: FSxResponse) -> str:
    """CreateFileSystemFromBackup: like the one it was made of, under the CMK that is named, else under that one's."""
    wish, backend = json.loads(response.body), response.fsx_backend
    _known(backend.backups, [wish["BackupId"]], "BackupNotFound", "Backup")
    source, call = backend.backups[wish["BackupId"]].source, CURRENT.get()
    key = call.kms.use(call.by("fsx"), call.region, wish.get("KmsKeyId") or source.kms_key_id, WRITE)
    made = backend.create_file_system(
        client_request_token=wish.get("ClientRequestToken"), file_system_type=source.file_system_type,
        storage_capacity=wish.get("StorageCapacity") or source.storage_capacity, kms_key_id=key,
        storage_type=wish.get("StorageType") or source.storage_type, subnet_ids=wish["SubnetIds"],
        security_group_ids=wish.get("SecurityGroupIds"), tags=wish.get("Tags"), file_system_type_version=None,
        windows_configuration=wish.get("WindowsConfiguration") or source.windows_configuration,
        lustre_configuration=wish.get("LustreConfiguration") or source.lustre_configuration,
        ontap_configuration=source.ontap_configuration,
        open_zfs_configuration=wish.get("OpenZFSConfiguration") or source.open_zfs_configuration,
    )  # fmt: skip
    return json.dumps({"FileSystem": made.to_dict()})
