"""Which data key a volume is under, as far as snapshots prove it."""

from console.datakeys.ebs import Lineage
from store.records import Source

A = "arn:aws:kms:eu-west-1:999988887777:key/a"
B = "arn:aws:kms:eu-west-1:999988887777:key/b"


def snapshot(number, volume, key, data_key):
    return {"SnapshotId": f"snap-{number}", "VolumeId": volume, "KmsKeyId": key, "DataEncryptionKeyId": data_key}


def volume(name, key, source=""):
    return {"VolumeId": name, "KmsKeyId": key, "SnapshotId": source}


def test_a_snapshot_of_the_volume_names_its_data_key():
    """DescribeSnapshots is where AWS tells it; that counts as read, not inferred."""
    lineage = Lineage([snapshot(1, "vol-1", A, "dk-1"), snapshot(2, "vol-1", A, "dk-1")])
    assert lineage.tell(volume("vol-1", A)) == ("dk-1", Source.SCAN)


def test_a_volume_without_snapshot_is_unproven():
    """No snapshot, no claim."""
    assert Lineage([]).tell(volume("vol-1", A)) == ("", Source.SCAN)


def test_a_volume_from_a_snapshot_under_the_same_cmk_inherited_its_data_key():
    """AWS keeps the data key then; we did not read it, so it is marked as inferred."""
    lineage = Lineage([snapshot(1, "vol-1", A, "dk-1")])
    assert lineage.tell(volume("vol-2", A, source="snap-1")) == ("dk-1", Source.INFERRED)


def test_another_cmk_means_another_data_key():
    """A volume made under another CMK than its snapshot's got a new data key, which nothing names yet."""
    lineage = Lineage([snapshot(1, "vol-1", A, "dk-1")])
    assert lineage.tell(volume("vol-2", B, source="snap-1")) == ("", Source.SCAN)


def test_snapshots_that_disagree_prove_nothing():
    """Two data keys for one volume under one CMK cannot both be its own."""
    lineage = Lineage([snapshot(1, "vol-1", A, "dk-1"), snapshot(2, "vol-1", A, "dk-2")])
    assert lineage.tell(volume("vol-1", A, source="snap-1")) == ("", Source.SCAN)


def test_a_copied_snapshot_says_nothing_of_the_volume_it_names():
    """A copy under another CMK keeps a volume id, but its data key is another."""
    lineage = Lineage([snapshot(1, "vol-1", A, "dk-1"), snapshot(2, "vol-1", B, "dk-2")])
    assert lineage.tell(volume("vol-1", A)) == ("dk-1", Source.SCAN)
