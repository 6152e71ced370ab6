"""Secrets Manager under KMS: a data key per version, labels that move as AWS's do, re-wraps that rotate nothing."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random
from moto.secretsmanager.models import SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse

from console.sandbox.call import CURRENT
from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

CURRENT_LABEL, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
REWRAPPED = {CURRENT_LABEL, PREVIOUS, PENDING}
MANAGED = "alias/aws/secretsmanager"
BY_DEFAULT = "DefaultEncryptionKey"  # how a version names the account's own aws/secretsmanager
Version = dict[str, Any]


class SecretStore(SecretsManagerBackend):  # type: ignore[misc] # moto carries no types
    """moto's secrets, each version with its wrapped data keys: `wraps` is (key ARN, blob), the newest last."""

    def create_secret(self, name: str, secret_string: Any, secret_binary: Any, *args: Any, **params: Any) -> Any:
        valued = secret_string is not None or secret_binary is not None
        if valued:
            self._usable(params.get("kms_key_id"))
        done = super().create_secret(name, secret_string, secret_binary, *args, **params)
        secret = self.secrets[name]
        for version_id, version in secret.versions.items():
            if "data_key" not in version:
                self._encrypt(secret, version_id, version)
        if "dated" not in secret.__dict__:
            secret.dated = secret.created_date = secret.last_changed_date = _now()
        return done

    def put_secret_value(
        self,
        secret_id: str,
        secret_string: Any,
        secret_binary: Any,
        client_request_token: str,
        version_stages: list[str],
    ) -> str:
        secret = self._living(secret_id)
        version_id = client_request_token or str(mock_random.uuid4())
        self._add(secret, version_id, secret_string, secret_binary, version_stages)
        return str(secret.to_short_dict(include_version_stages=True, version_id=version_id))

    def update_secret(
        self,
        secret_id: str,
        secret_string: Any = None,
        secret_binary: Any = None,
        client_request_token: str | None = None,
        kms_key_id: str | None = None,
        description: str | None = None,
    ) -> str:
        """Another key wraps what has one of AWS's own labels anew; another value makes a version."""
        secret = self._living(secret_id)
        if kms_key_id is not None:
            self._rewrap(secret, kms_key_id)
        secret.description = description or secret.description
        secret.last_changed_date = _now()
        if secret_string is None and secret_binary is None:
            return str(secret.to_short_dict(include_version_id=False))
        version_id = client_request_token or str(mock_random.uuid4())
        self._add(secret, version_id, secret_string, secret_binary, [CURRENT_LABEL])
        return str(secret.to_short_dict(version_id=version_id))

    def get_secret_value(self, secret_id: str, version_id: str, version_stage: str) -> dict[str, Any]:
        told: dict[str, Any] = super().get_secret_value(
            secret_id, version_id, version_stage or (not version_id and CURRENT_LABEL) or ""
        )
        secret = self.secrets[secret_id]
        _open(secret, told["VersionId"], secret.versions[told["VersionId"]])
        return told

    def update_secret_version_stage(
        self, secret_id: str, version_stage: str, remove_from_version_id: str, move_to_version_id: str
    ) -> Any:
        done = super().update_secret_version_stage(secret_id, version_stage, remove_from_version_id, move_to_version_id)
        secret = self.secrets[secret_id]
        if move_to_version_id and version_stage != CURRENT_LABEL:
            _label(secret, move_to_version_id, [version_stage])
        secret.set_default_version_id(_holder(secret, CURRENT_LABEL))
        return done

    def versions_of(self, secret_id: str, *, deprecated: bool) -> list[dict[str, Any]]:
        """ListSecretVersionIds' entries; without `deprecated` only versions that have a label."""
        return [
            {
                "VersionId": version_id,
                "VersionStages": version["version_stages"],
                "CreatedDate": version["createdate"],
                "KmsKeyIds": [_shown(arn) for arn, _ in version["wraps"]],
            }
            for version_id, version in self._living(secret_id).versions.items()
            if deprecated or version["version_stages"]
        ]

    def _living(self, secret_id: str) -> Any:
        if not self._is_valid_identifier(secret_id):
            raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        secret = self.secrets[secret_id]
        if secret.is_deleted():
            raise AwsError(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
            )
        return secret

    def _add(self, secret: Any, version_id: str, string: Any, binary: Any, stages: list[str]) -> None:
        """A version under this id; the same once more is ignored, another value under it refused."""
        value = {name: one for name, one in (("secret_string", string), ("secret_binary", binary)) if one is not None}
        known = secret.versions.get(version_id)
        if known is not None:
            if {name: known.get(name) for name in value} == value:
                return
            used = "because that value is already in use for a version of secret"
            message = f"You can't use ClientRequestToken {version_id} {used} {secret.arn}."
            raise AwsError("ResourceExistsException", message)
        version: Version = {"version_id": version_id, "version_stages": [], **value}
        self._encrypt(secret, version_id, version)
        first = not secret.versions
        secret.versions[version_id] = version
        _label(secret, version_id, [*stages, *([CURRENT_LABEL] if first else [])])
        secret.last_changed_date = _now()

    def _encrypt(self, secret: Any, version_id: str, version: Version) -> None:
        call, arn = CURRENT.get(), self._usable(secret.kms_key_id)
        context = _context(secret, version_id)
        made = _in_words(
            "EncryptionFailure",
            lambda: call.kms.data_key(call.by("secretsmanager"), call.region, arn, context, "GenerateDataKey", 32),
        )
        version |= {
            "wraps": [(arn, made["CiphertextBlob"])],
            "data_key": str(mock_random.uuid4()),
            "createdate": _now(),
        }

    def _usable(self, key: str | None) -> str:
        call = CURRENT.get()
        wanted = ("GenerateDataKey", "Decrypt")
        return str(
            _in_words(
                "EncryptionFailure",
                lambda: call.kms.use(call.by("secretsmanager"), call.region, key or MANAGED, wanted),
            )
        )

    def _rewrap(self, secret: Any, key: str) -> None:
        """The new key for what comes; what is labelled is wrapped under it too, where Encrypt is allowed."""
        arn, call = self._usable(key), CURRENT.get()
        secret.kms_key_id = arn if key else None
        for version_id, version in secret.versions.items():
            if not REWRAPPED & set(version["version_stages"]) or version["wraps"][-1][0] == arn:
                continue
            plain = _open(secret, version_id, version)
            wish = {"KeyId": arn, "Plaintext": plain, "EncryptionContext": _context(secret, version_id)}
            try:
                sealed = call.ask_kms("secretsmanager", "Encrypt", **wish)["CiphertextBlob"]
            except AwsError:
                continue
            version["wraps"] = [*(wrap for wrap in version["wraps"] if wrap[0] != arn), (arn, sealed)]


class SecretResponse(SecretsManagerResponse):  # type: ignore[misc] # moto carries no types
    """moto's calls and ours."""

    def list_secret_version_ids(self) -> str:
        secret = self.backend.describe_secret(self._get_param("SecretId", if_none=""))
        found = self.backend.versions_of(secret.name, deprecated=bool(self._get_param("IncludeDeprecated")))
        start, size = int(self._get_param("NextToken") or 0), self._get_param("MaxResults") or 100
        page = {"ARN": secret.arn, "Name": secret.name, "Versions": found[start : start + size]}
        return json.dumps(page | ({"NextToken": str(start + size)} if start + size < len(found) else {}))


def _label(secret: Any, version_id: str, stages: list[str]) -> None:
    """Each label hangs on one version; who loses AWSCURRENT becomes AWSPREVIOUS and keeps its other labels."""
    for stage in dict.fromkeys(stages):
        before = _holder(secret, stage)
        if before == version_id:
            continue
        if before is not None:
            secret.versions[before]["version_stages"].remove(stage)
        secret.versions[version_id]["version_stages"].append(stage)
        if stage == CURRENT_LABEL and before is not None:
            _label(secret, before, [PREVIOUS])
    own = secret.versions[version_id]["version_stages"]
    if {CURRENT_LABEL, PREVIOUS} <= set(own):
        own.remove(PREVIOUS)
    secret.set_default_version_id(_holder(secret, CURRENT_LABEL))


def _holder(secret: Any, stage: str) -> str | None:
    return next((name for name, version in secret.versions.items() if stage in version["version_stages"]), None)


def _open(secret: Any, version_id: str, version: Version) -> bytes:
    """The version's data key in the clear, by any of its wraps that still opens.

    Raises:
        AwsError: AccessDeniedException or DecryptionFailure, when none does.
    """
    call = CURRENT.get()
    for arn, blob in reversed(version["wraps"]):
        params = {"CiphertextBlob": blob, "EncryptionContext": _context(secret, version_id), "KeyId": arn}
        decrypt = partial(call.ask_kms, "secretsmanager", "Decrypt", **params)
        try:
            return bytes(_in_words("DecryptionFailure", decrypt)["Plaintext"])
        except AwsError:
            if arn == version["wraps"][0][0]:
                raise
    raise AwsError("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text.")


def _context(secret: Any, version_id: str) -> dict[str, str]:
    return {"SecretARN": secret.arn, "SecretVersionId": version_id}


def _shown(arn: str) -> str:
    call = CURRENT.get()
    return BY_DEFAULT if arn == call.kms.managed(call.caller.account, call.region, "secretsmanager") else arn


def _now() -> int:
    return int(CURRENT.get().clock.now().timestamp())


def _in_words(failure: str, ask: Callable[[], Any]) -> Any:
    """Ask KMS and word its refusal as Secrets Manager passes it on."""
    try:
        return ask()
    except AwsError as error:
        if error.code == "AccessDeniedException":
            raise AwsError("AccessDeniedException", f"Access to KMS is not allowed. {error.message}") from error
        raise AwsError(failure, f"Secrets Manager can't use the KMS key: {error.message}") from error
