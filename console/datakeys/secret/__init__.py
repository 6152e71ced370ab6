"""Secrets: every version has a data key of its own, and the same value put again has a new one."""

from console.datakeys.secret.scan import SecretKind

__all__ = ["KIND", "SecretKind"]

KIND = SecretKind()
