"""What AWS never tells: which data key lies under each thing, who wraps it, and a digest of what it holds.

A judge for tests of data-key rotation. Nothing here is bookkeeping of the console's: it is read from the emulated
services themselves.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from console.sandbox.kms import crypto

if TYPE_CHECKING:
    from collections.abc import Iterator


def told() -> dict[str, list[dict[str, Any]]]:
    """Per kind a list of facts; each has `id account region cmk data_key hbk digest size`, and what the kind adds.

    `cmk` is a key ARN or null, `hbk` the id of the key material that wraps the data key (null where S3's own key
    or nothing does), `digest` SHA-256 in hex of the contents.
    """
    found = {"volumes": _volumes(), "snapshots": _snapshots(), "objects": _objects(), "secrets": _secrets()}
    return {kind: list(facts) for kind, facts in found.items()}


def fact(identity: str, backend: Any, contents: bytes, blob: bytes | None, **more: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "account": backend.account_id,
        "region": backend.region_name,
        "digest": hashlib.sha256(contents).hexdigest(),
        "size": len(contents),
        "hbk": crypto.taken_apart(blob).material_id if blob else None,
        **more,
    }


def machines() -> Iterator[Any]:
    """Every account's EC2 in every Region that was used."""
    from moto.ec2.models import ec2_backends

    for regions in ec2_backends.values():
        yield from regions.values()


def _volumes() -> Iterator[dict[str, Any]]:
    for backend in machines():
        for one in backend.volumes.values():
            held = one.attachment.instance.id if one.attachment else None
            yield fact(
                one.id, backend, one.contents, one.wrapped, cmk=one.kms_key_id, data_key=one.data_key, instance=held
            )


def _snapshots() -> Iterator[dict[str, Any]]:
    for backend in machines():
        for one in backend.snapshots.values():
            keys = {"cmk": one.kms_key_id, "data_key": one.data_encryption_key_id}
            yield fact(one.id, backend, one.contents, one.wrapped, state=one.status, **keys)


def _objects() -> Iterator[dict[str, Any]]:
    """Every version of every object; delete markers hold nothing."""
    from moto.s3.models import s3_backends

    for partitions in s3_backends.values():
        for backend in partitions.values():
            for bucket in backend.buckets.values():
                for name in list(bucket.keys):
                    versions = [one for one in bucket.keys.getlist(name) if hasattr(one, "encryption")]
                    yield from (_object(backend, bucket, one, current=one is versions[-1]) for one in versions)


def _object(backend: Any, bucket: Any, one: Any, *, current: bool) -> dict[str, Any]:
    wrap = getattr(one, "wrap", None)
    told = fact(
        f"{bucket.name}/{one.name}",
        backend,
        one.value,
        wrap.blob if wrap else None,
        cmk=one.kms_key_id if one.encryption and one.encryption.startswith("aws:kms") else None,
        data_key=getattr(one, "data_key", None),
        version=one.version_id,
        current=current,
        etag=one.etag,
        encryption=one.encryption,
    )
    return told | {"region": bucket.region_name}


def _secrets() -> Iterator[dict[str, Any]]:
    """Every version of every secret, labelled or not."""
    from moto.secretsmanager.models import secretsmanager_backends

    for regions in secretsmanager_backends.values():
        for backend in regions.values():
            for secret in backend.secrets.values():
                yield from (_secret(backend, secret, name, one) for name, one in secret.versions.items())


def _secret(backend: Any, secret: Any, name: str, version: dict[str, Any]) -> dict[str, Any]:
    value = version.get("secret_string", version.get("secret_binary")) or ""
    cmk, blob = version["wraps"][-1]
    stages = list(version["version_stages"])
    keys = {"cmk": cmk, "data_key": version["data_key"]}
    return fact(secret.arn, backend, value.encode(), blob, version=name, name=secret.name, stages=stages, **keys)
