"""EBS: what a scan sees of volumes and snapshots, and how a volume gets another data key."""

from console.datakeys.ebs.lineage import Lineage
from console.datakeys.ebs.scan import EbsKind

__all__ = ["KIND", "EbsKind", "Lineage"]

KIND = EbsKind()
