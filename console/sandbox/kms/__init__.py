"""A KMS that truly encrypts, rotates its key materials and keeps every old one: the sandbox's truth about keys."""

from console.sandbox.kms.service import Kms

__all__ = ["Kms"]
