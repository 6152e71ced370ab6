"""Files that an application encrypted itself: AWS Encryption SDK messages in folders that the settings name."""

from console.datakeys.envelope.scan import FileKind

__all__ = ["KIND", "FileKind"]

KIND = FileKind()
"""Every message has a data key of its own, which only its header tells of."""
