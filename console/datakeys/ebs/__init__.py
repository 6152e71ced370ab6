"""EBS: what a scan sees of volumes and snapshots, and how a volume gets another data key."""

from console.datakeys.ebs.scan import EbsKind, Lineage

__all__ = ["KIND", "EbsKind", "Lineage"]

KIND = EbsKind()
