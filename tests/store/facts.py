"""Short ways to say what a sync found."""

from store.harvest import Alias, CmkFacts, DataKeyFacts, Harvest, KeyMaterial, Placement
from store.records import ROOT, Granularity, Slice, Source
from store.tree import Tree

CENTRAL = "999988887777"
OWNER = "111122223333"
REGION = "eu-west-1"
PROD = Placement("Agentschap A", "X", "Productie")
TEST = Placement("Agentschap A", "X", "T&I")
OTHER = Placement("Agentschap B", "Loket", "Productie")
NOWHERE = Placement(reason="place.no_tags")

CMKS = Slice(CENTRAL, REGION, "cmk")
VOLUMES = Slice(OWNER, REGION, "ebs")


def arn(number):
    return f"arn:aws:kms:{REGION}:{CENTRAL}:key/{key_id(number)}"


def key_id(number):
    return f"{number:08x}-0000-4000-a000-{number:012x}"


def cmk(number, place=PROD, **facts):
    """A CMK wholly read at second 100, born at second 10, its HBK rotated once at second 50."""
    whole = {
        "state": "Enabled", "created_at": 10, "key_spec": "SYMMETRIC_DEFAULT", "origin": "AWS_KMS",
        "current_material": "m2", "rotation_enabled": True, "rotation_period": 365, "rotation_next": 1000 + number,
        "materials": (KeyMaterial("m1", None, "", "NON_CURRENT"), KeyMaterial("m2", 50, "AUTOMATIC", "CURRENT")),
        "aliases": (Alias(f"alias/sleutel-{number}", f"arn:aws:kms:{REGION}:{CENTRAL}:alias/sleutel-{number}"),),
        "tags": (("afnemer", place.tenant),), "policy": "{}",
        "metadata_at": 100, "rotation_at": 100, "materials_at": 100, "policy_at": 100,
    }  # fmt: skip
    return CmkFacts(key_id(number), arn(number), CENTRAL, REGION, place, **whole | facts)


def volume(number, under=0, place=PROD, **facts):
    """A volume under the CMK with that number; 0: unencrypted."""
    whole = {"name": f"web-{number}", "key_ref": arn(under) if under else "", "created_at": 20, "seen_at": 100}
    owned = {"account_id": OWNER, "region": REGION, "kind": "ebs", "granularity": Granularity.VOLUME}
    return DataKeyFacts(
        resource_id=facts.pop("resource_id", f"vol-{number:017x}"),
        placement=place if place.source is not Source.KMS else Placement(*_names(place), Source.SCAN, place.reason),
        **owned | whole | facts,
    )


def bucket(name, under=0, place=PROD, **facts):
    """A bucket: a group of data keys."""
    group = {"resource_id": name, "kind": "s3", "granularity": Granularity.BUCKET, "name": ""}
    return volume(0, under, place, **group | facts)


def snapshot(number, under=0, place=PROD, **facts):
    """A snapshot: a further holder of a data key."""
    copy = {"resource_id": f"snap-{number:017x}", "granularity": Granularity.SNAPSHOT}
    return volume(number, under, place, **copy | facts)


def _names(place):
    return place.tenant, place.application, place.environment


def harvest(cmks=(), data_keys=(), **more):
    """A harvest that read the central account's CMKs and the tenant's volumes whole."""
    more.setdefault("complete", frozenset({CMKS, VOLUMES, Slice(OWNER, REGION, "s3")}))
    return Harvest(cmks=tuple(cmks), data_keys=tuple(data_keys), **more)


def outline(store, scope=None):
    """The whole tree as nested dictionaries of names."""
    tree = Tree(store, scope)

    def below(ref):
        return {node.name: below(node.ref) for node in tree.children(ref, 0, 1000)}

    return below(ROOT)


def dump(store, *, without=()):
    """Every row of every table, for comparing two states."""
    reader = store.reader()
    tables = [row[0] for row in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {t: sorted(map(repr, reader.execute(f"SELECT * FROM {t}"))) for t in tables if t not in without}
