"""A sync brings in what AWS tells, and asks no more than what may have changed."""

import time

from console.datakeys import KINDS
from console.services.sync import Sync
from store.cmks import Cmks
from store.records import ROOT, NodeRef
from store.syncs import Syncs
from store.tree import Tree

HOUR = 3600


def synced(cloud, settings, store, clock=None, **options):
    """One sync, as a process of its own would do it."""
    aws = cloud.aws(settings)
    sync = Sync(settings, store, aws, KINDS, *([clock] if clock else []))
    return sync.run(**options)


def settled():
    """A moment at which what was just done in AWS is long done."""
    return time.time() + HOUR / 6


def cmk(store, made):
    (found,) = Cmks(store).by_key(made["Arn"])
    return found


def names(store, ref=ROOT):
    """The tree as nested names."""
    tree = Tree(store)
    return {node.name: names(store, node.ref) for node in tree.children(ref, 0, 1000) if isinstance(node.ref, NodeRef)}


def test_a_first_sync_brings_in_everything_of_a_cmk(cloud, here, store, tmp_path):
    """Placement, metadata, rotation, every HBK, aliases, tags and policy stand in the store afterwards."""
    made = cloud.cmk(here, "A", "X", "Productie", alias="a/x/prod", Description="de sleutel", tags={"kost": "7"})
    kms = cloud.client("kms", here)
    kms.rotate_key_on_demand(KeyId=made["KeyId"])
    summary = synced(cloud, cloud.settings(tmp_path, here), store)
    found = cmk(store, made)
    assert found.path == ("A", "X", "Productie")
    assert (found.facts.state, found.facts.description, found.facts.key_spec) == (
        "Enabled", "de sleutel", "SYMMETRIC_DEFAULT",
    )  # fmt: skip
    assert found.facts.rotation_enabled is True
    assert found.facts.rotation_period == 365
    told = kms.get_key_rotation_status(KeyId=made["KeyId"])["NextRotationDate"]
    assert found.facts.rotation_next == int(told.timestamp())
    current = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["CurrentKeyMaterialId"]
    assert {(material.rotation_type, material.material_id == current) for material in found.materials} == {
        ("", False),
        ("ON_DEMAND", True),
    }
    assert [alias.name for alias in found.aliases] == ["alias/a/x/prod"]
    assert ("kost", "7") in found.tags
    assert "kms:*" in found.facts.policy
    assert (summary.cmks, summary.data_keys, summary.gaps) == (1, 0, ())


def test_the_summary_counts_what_was_really_asked(cloud, here, store, tmp_path):
    """Calls in the summary are the requests that AWS saw, and the run's row says the same."""
    cloud.cmk(here, "A", "X", "Productie")
    cloud.forget()
    summary = synced(cloud, cloud.settings(tmp_path, here), store)
    assert summary.calls == sum(cloud.asked(here).values())
    last = Syncs(store).last()
    assert (last.id, last.state, last.calls, last.changed) == (summary.run_id, "done", summary.calls, summary.changed)


def test_a_second_sync_asks_one_call_a_key_and_changes_nothing(cloud, here, store, tmp_path):
    """What cannot have changed is not asked: no rotation status, policy or key materials."""
    for number in range(5):
        cloud.cmk(here, "A", "X", f"Omgeving {number}")
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store, clock=settled)
    cloud.forget()
    summary = synced(cloud, settings, store, clock=settled)
    asked = cloud.asked(here)
    assert summary.changed == 0
    assert asked["DescribeKey"] == 5
    assert not {"GetKeyRotationStatus", "GetKeyPolicy", "ListKeyRotations", "ListResourceTags"} & set(asked)


def test_a_change_just_before_a_reading_is_read_once_more(cloud, here, store, tmp_path):
    """KMS may show a change minutes late: a reading that soon after an event is not trusted yet."""
    cloud.cmk(here, "A", "X", "Productie", rotate=True)
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    for expected in (1, 0):
        cloud.forget()
        synced(cloud, settings, store, clock=settled)
        assert cloud.asked(here).get("GetKeyRotationStatus", 0) == expected


def test_a_key_rotated_since_is_read_again_alone(cloud, here, store, tmp_path):
    """Another CurrentKeyMaterialId means new HBKs and a new rotation status, for that key only."""
    made, other = (cloud.cmk(here, "A", "X", name) for name in ("Productie", "Dev"))
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    cloud.client("kms", here).rotate_key_on_demand(KeyId=made["KeyId"])
    cloud.forget()
    synced(cloud, settings, store)
    assert len(cmk(store, made).materials) == 2
    assert len(cmk(store, other).materials) == 1
    assert cloud.asked(here)["ListKeyRotations"] == 1


def test_a_changed_policy_is_seen_through_cloudtrail(cloud, here, store, tmp_path):
    """DescribeKey does not betray a new policy; the event does, and only that policy is read."""
    made, _ = (cloud.cmk(here, "A", "X", name) for name in ("Productie", "Dev"))
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    cloud.share(here, made["KeyId"], "111122223333")
    cloud.forget()
    synced(cloud, settings, store)
    assert "111122223333" in cmk(store, made).facts.policy
    assert cloud.asked(here)["GetKeyPolicy"] <= 1


def test_rotation_switched_off_is_seen_through_cloudtrail(cloud, here, store, tmp_path):
    """DisableKeyRotation changes neither state nor material; the event tells."""
    made = cloud.cmk(here, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    cloud.client("kms", here).disable_key_rotation(KeyId=made["KeyId"])
    summary = synced(cloud, settings, store)
    found = cmk(store, made).facts
    assert (found.rotation_enabled, found.rotation_next, found.rotation_period) == (False, None, None)
    assert summary.changed == 1


def test_without_cloudtrail_age_alone_decides_and_the_gap_says_so(cloud, here, store, tmp_path):
    """Who may not look up events is told; after a day rotation and policy are read anyway."""
    made = cloud.cmk(here, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    cloud.fault("LookupEvents", here)
    cloud.client("kms", here).disable_key_rotation(KeyId=made["KeyId"])
    (gap,) = synced(cloud, settings, store).gaps
    assert (gap.part.what, gap.code) == ("cmk.events", "AccessDeniedException")
    assert cmk(store, made).facts.rotation_enabled is True
    assert synced(cloud, settings, store, clock=lambda: time.time() + 25 * HOUR).gaps == (), (
        "old enough: no events needed"
    )
    assert cmk(store, made).facts.rotation_enabled is False


def test_a_disabled_key_is_read_again(cloud, here, store, tmp_path):
    """Another state is reason enough to read the rotation status anew."""
    made = cloud.cmk(here, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    cloud.client("kms", here).disable_key(KeyId=made["KeyId"])
    cloud.forget()
    synced(cloud, settings, store)
    assert cmk(store, made).facts.state == "Disabled"
    assert cloud.asked(here)["GetKeyRotationStatus"] == 1


def test_full_reads_everything_again(cloud, here, store, tmp_path):
    """`--full` trusts nothing that is known, and still changes nothing that is the same."""
    cloud.cmk(here, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, here)
    synced(cloud, settings, store)
    cloud.forget()
    summary = synced(cloud, settings, store, full=True)
    asked = cloud.asked(here)
    assert asked["GetKeyRotationStatus"] == asked["GetKeyPolicy"] == asked["ListKeyRotations"] == 1
    assert summary.changed == 0


def test_tags_come_in_bulk(cloud, here, store, tmp_path):
    """A hundred keys' tags are one call, not a hundred."""
    for number in range(7):
        cloud.cmk(here, "A", "X", f"O{number}", rotate=False)
    cloud.forget()
    synced(cloud, cloud.settings(tmp_path, here), store)
    assert cloud.asked(here)["GetResources"] == 1
    assert "ListResourceTags" not in cloud.asked(here)


def test_who_may_not_read_tags_in_bulk_reads_them_one_by_one(cloud, here, store, tmp_path):
    """The permission is a saving, not a condition."""
    made = cloud.cmk(here, "A", "X", "Productie")
    cloud.fault("GetResources", here)
    summary = synced(cloud, cloud.settings(tmp_path, here), store)
    assert cmk(store, made).path == ("A", "X", "Productie")
    assert summary.gaps == ()


def test_keys_that_cannot_rotate_are_not_asked_about_it(cloud, here, store, tmp_path):
    """An asymmetric or HMAC key has no HBK history; asking would only be refused."""
    made = cloud.cmk(here, "A", "X", "Productie", rotate=False, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    cloud.forget()
    summary = synced(cloud, cloud.settings(tmp_path, here), store)
    assert not {"GetKeyRotationStatus", "ListKeyRotations"} & set(cloud.asked(here))
    assert cmk(store, made).facts.rotation_enabled is None
    assert summary.gaps == ()


def test_a_key_without_tags_stands_under_unassigned(cloud, here, store, tmp_path):
    """What cannot be placed is not dropped, and says why."""
    made = cloud.cmk(here)
    synced(cloud, cloud.settings(tmp_path, here), store)
    found = cmk(store, made)
    assert found.place_id == 0
    assert found.facts.placement.reason == "place.no_tags"


def test_the_alias_pattern_places_what_has_no_tags(cloud, here, store, tmp_path):
    """Customers who name but do not tag get their tree too."""
    made = cloud.cmk(here, alias="b/y/dev")
    pattern = "(?P<tenant>[^/]+)/(?P<application>[^/]+)/(?P<environment>[^/]+)"
    synced(cloud, cloud.settings(tmp_path, here, alias_pattern=pattern), store)
    assert cmk(store, made).path == ("b", "y", "dev")


def test_declared_places_stand_in_the_tree_without_keys(cloud, here, store, tmp_path):
    """An application that settings name exists, with or without environments."""
    tenant = cloud.tenant("A", applications=(("X", ("Productie",)), ("Z", ())))
    synced(cloud, cloud.settings(tmp_path, here, tenants=[tenant]), store)
    assert names(store) == {"A": {"X": {"Productie": {}}, "Z": {}}}


def test_every_region_is_read(cloud, store, tmp_path):
    """Keys of each configured Region, side by side."""
    one, two = cloud.region(), cloud.region()
    made = [cloud.cmk(region, "A", "X", region) for region in (one, two)]
    assert synced(cloud, cloud.settings(tmp_path, one, two), store).cmks == 2
    assert [cmk(store, metadata).facts.region for metadata in made] == [one, two]


def test_progress_rises_to_its_total(cloud, here, store, tmp_path):
    """The listener hears phases in order and a count that ends at its total."""
    for number in range(3):
        cloud.cmk(here, "A", "X", f"O{number}")
    heard = []
    synced(cloud, cloud.settings(tmp_path, here), store, listen=heard.append)
    assert [news.phase for news in heard] == sorted((news.phase for news in heard), key=["list", "read", "merge"].index)
    assert heard[0].phase == "list"
    assert heard[-1].phase == "merge"
    assert heard[-1].done == heard[-1].total == 3
    assert heard[-1].calls > 3
