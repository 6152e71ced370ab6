"""Makes a store of any size with believable content: `python tests/bench/synthetic.py FILE --tenants 500 …`.

The estate is a stream of the same facts that a sync harvests; `harvest` gives it to `store.merge.merge`, `write`
puts it into the same tables in bulk, with the indexes made afterwards. A test holds the two against each other.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from store import staging
from store.badges import count_again
from store.calendar import INDEXES as CALENDAR
from store.cmk_merge import derive
from store.database import Store
from store.figures import renew_figures
from store.happenings import note
from store.harvest import AccountFacts, Alias, CmkFacts, DataKeyFacts, Harvest, KeyMaterial, Placement
from store.index import add_data_key_words, renew_cmk_words, words_of_cmks
from store.migrations import INDEXES
from store.past import begin, clear
from store.places import settle_places
from store.records import Granularity, Slice, Source, Status
from store.syncs import Syncs
from store.words import data_key_sort
from store.wrapping import count_wrapped, tell_generations

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

DAY = 86_400
REGION = "eu-west-1"
CENTRAL = "999988887777"
BODIES = ("Agentschap", "Departement", "Dienst", "Instituut", "Raad", "Stad", "Gemeente", "Provincie")
FIELDS = (
    "Wegen en Verkeer", "Zorg", "Natuur", "Onderwijs", "Erfgoed", "Landbouw", "Havens", "Water", "Wonen", "Werk",
    "Sport", "Energie", "Mobiliteit", "Cultuur", "Gezin", "Inburgering", "Statistiek", "Toerisme", "Justitie", "Bos",
)  # fmt: skip
APPLICATIONS = (
    "Loket", "Vergunningen", "Subsidies", "Dossier", "Archief", "Kaart", "Register", "Meldpunt", "Agenda", "Fiches",
    "Portaal", "Aangifte", "Planning", "Toezicht", "Inspectie", "Facturatie", "Rapportage", "Uitwisseling", "Toegang",
    "Sleutelkast",
)  # fmt: skip
ENVIRONMENTS = ("Productie", "T&I", "Dev", "Acceptatie", "Opleiding", "Proef")
HOSTS = ("web", "db", "app", "batch", "queue", "cache")
MOUNTS = ("/", "/data", "/log", "/srv")
PURPOSES = ("docs", "export", "backup", "logs", "media")


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of everything; `today` in epoch seconds, `seed` for the same ids each time."""

    tenants: int = 500
    applications: int = 20
    environments: int = 4
    data_keys: int = 25
    today: int = 1_795_478_400  # 2026-11-24
    seed: int = 1


def placements(shape: Shape) -> Iterator[Placement]:
    """Every environment, tenant by tenant."""
    for tenant in range(shape.tenants):
        for application in range(shape.applications):
            for environment in range(shape.environments):
                yield Placement(
                    f"{BODIES[tenant % 8]} {FIELDS[tenant // 8 % 20]} {tenant + 1}",
                    f"{APPLICATIONS[application % 20]} {application // 20 + 1}" if application > 19
                    else APPLICATIONS[application],
                    f"{ENVIRONMENTS[environment % 6]} {environment // 6 + 1}" if environment > 5
                    else ENVIRONMENTS[environment],
                )  # fmt: skip


def account(number: int) -> str:
    """The account id of the tenant with this number."""
    return f"{100_000_000_000 + number * 7_919}"


def facts(shape: Shape) -> Iterator[tuple[CmkFacts, list[DataKeyFacts]]]:
    """Every CMK with the data keys that name it."""
    chance = random.Random(shape.seed)
    per_tenant = shape.applications * shape.environments
    for number, place in enumerate(placements(shape)):
        cmk = _cmk(shape, chance, number, place)
        owner = account(number // per_tenant)
        yield cmk, [_data_key(chance, shape, place, cmk, owner, nr) for nr in range(shape.data_keys)]


def _uuid(chance: random.Random) -> str:
    digits = f"{chance.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _cmk(shape: Shape, chance: random.Random, number: int, place: Placement) -> CmkFacts:
    key_id = _uuid(chance)
    arn = f"arn:aws:kms:{REGION}:{CENTRAL}:key/{key_id}"
    born = shape.today - chance.randrange(30, 9 * 365) * DAY
    dates = [None, *range(born + 365 * DAY, shape.today, 365 * DAY)]
    materials = [KeyMaterial(f"{chance.getrandbits(256):064x}", date, "AUTOMATIC" if date else "",
                             "CURRENT" if date == dates[-1] else "NON_CURRENT") for date in dates]  # fmt: skip
    slug = "/".join(part.lower().replace(" ", "-").replace("&", "n") for part in _names(place))
    state = "Disabled" if number % 211 == 7 else "PendingDeletion" if number % 307 == 11 else "Enabled"
    untagged = _is_untagged(number)
    aliases = (Alias(f"alias/{slug}", f"arn:aws:kms:{REGION}:{CENTRAL}:alias/{slug}", born, born),)
    return CmkFacts(
        key_id, arn, CENTRAL, REGION, Placement(reason="place.no_tags") if untagged else place, state,
        f"CMK van {place.tenant} voor {place.application}", born, None, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT",
        "AWS_KMS", "CUSTOMER", "", materials[-1].material_id, state != "PendingDeletion", 365,
        None if state == "PendingDeletion" else born + len(dates) * 365 * DAY, None, tuple(materials), aliases,
        () if untagged else (("afnemer", place.tenant), ("omgeving", place.environment),
                             ("toepassing", place.application)),
        policy(account(number // (shape.applications * shape.environments))),
        shape.today, shape.today, shape.today, shape.today,
    )  # fmt: skip


def policy(tenant: str) -> str:
    """Administered centrally, used by one tenant; the same for all of a tenant's CMKs."""
    admins = {"Sid": "KeyAdmins", "Principal": {"AWS": f"arn:aws:iam::{CENTRAL}:root"}, "Action": "kms:*"}
    users = {"Sid": "Tenant", "Principal": {"AWS": f"arn:aws:iam::{tenant}:root"}, "Action": "kms:Decrypt"}
    statements = [{"Effect": "Allow", "Resource": "*", **each} for each in (admins, users)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _is_untagged(number: int) -> bool:
    return number % 499 == 13


def _names(place: Placement) -> tuple[str, str, str]:
    return place.tenant, place.application, place.environment


def _data_key(
    chance: random.Random, shape: Shape, place: Placement, cmk: CmkFacts, owner: str, nr: int
) -> DataKeyFacts:
    """Of every five: three volumes, a bucket and a snapshot; some are placed by their tags in another application."""
    born = shape.today - chance.randrange(1, 3000) * DAY
    if nr % 25 == 24:
        place = Placement(place.tenant, APPLICATIONS[0], place.environment, Source.SCAN)
    else:
        place = Placement(*_names(place), Source.SCAN)
    common = {"account_id": owner, "region": REGION, "placement": place, "key_ref": cmk.arn, "created_at": born,
              "seen_at": shape.today}  # fmt: skip
    if nr % 5 == 3:
        purpose = PURPOSES[nr // 5 % 5]
        name = f"{place.application.lower().replace(' ', '-')}-{purpose}-{chance.getrandbits(40):010x}"
        return DataKeyFacts("s3", Granularity.BUCKET, name, detail=(("bucket_key", "true"),), **common)
    host = f"{HOSTS[nr % 6]}-{nr // 6 + 1}"
    if nr % 5 == 4:
        id_ = f"snap-0{chance.getrandbits(64):016x}"
        lineage = f"dek-{_uuid(chance)}"
        return DataKeyFacts("ebs", Granularity.SNAPSHOT, id_, name=f"{host} nightly", data_key_id=lineage, **common)
    id_ = f"vol-0{chance.getrandbits(64):016x}"
    return DataKeyFacts("ebs", Granularity.VOLUME, id_, name=f"{host} {MOUNTS[nr % 4]}", status=Status.ENCRYPTED,
                        detail=(("instance", host),), **common)  # fmt: skip


def accounts(shape: Shape) -> tuple[AccountFacts, ...]:
    """One account for each tenant."""
    per_tenant = shape.applications * shape.environments
    first = itertools.islice(placements(shape), 0, None, per_tenant)
    return tuple(AccountFacts(account(nr), place.tenant, place.tenant) for nr, place in enumerate(first))


def slices(shape: Shape) -> frozenset[Slice]:
    """What a sync of all this has read whole."""
    mine = {Slice(account(nr), REGION, kind) for nr in range(shape.tenants) for kind in ("ebs", "s3")}
    return frozenset(mine | {Slice(CENTRAL, REGION, "cmk")})


def harvest(shape: Shape) -> Harvest:
    """The whole estate as a sync would bring it in; for small shapes."""
    every = list(facts(shape))
    data_keys = tuple(data_key for _, below in every for data_key in below)
    return Harvest(accounts(shape), (), tuple(cmk for cmk, _ in every), data_keys, slices(shape))


def write(path: Path, shape: Shape) -> None:
    """The same in bulk, into a new file."""
    if path.exists():
        raise FileExistsError(path)
    store = Store.open(path, write=True)
    connection = store.writer()
    connection.execute("PRAGMA synchronous = OFF")
    # A log of hundreds of megabytes would only be copied: nobody reads yet.
    connection.execute("PRAGMA journal_mode = DELETE")
    with store.atomic():
        _drop_indexes(connection)
        staging.create(connection)
        _fill(connection, shape)
        _finish(connection, shape)
    connection.execute("PRAGMA journal_mode = WAL")
    run = Syncs(store).begin(0, shape.today - 60)
    Syncs(store).finish(run, "done", 0, 0, "", shape.today)
    store.close()


def _drop_indexes(connection: sqlite3.Connection) -> None:
    for statement in INDEXES.split(";\n"):
        words = statement.split()
        if words:
            connection.execute("DROP INDEX " + words[words.index("INDEX") + 1])


def _fill(connection: sqlite3.Connection, shape: Shape) -> None:
    connection.executemany("INSERT INTO account VALUES (?, ?, ?)",
                           ((a.account_id, a.name, a.tenant) for a in accounts(shape)))  # fmt: skip
    ids: dict[tuple[str, ...], tuple[int, int, int]] = _places(connection, shape)
    stream = facts(shape)
    cmk_id = 0
    while batch := list(itertools.islice(stream, 1000)):
        _fill_cmks(connection, [cmk for cmk, _ in batch], ids, cmk_id)
        rows = ((cmk_id + nr, cmk, key) for nr, (cmk, below) in enumerate(batch, 1) for key in below)
        connection.executemany(_DATA_KEY, (_data_key_row(nr, cmk, key, ids) for nr, cmk, key in rows))
        cmk_id += len(batch)


def _places(connection: sqlite3.Connection, shape: Shape) -> dict[tuple[str, ...], tuple[int, int, int]]:
    # The look-ups by name while places are made need their index already.
    connection.execute("CREATE UNIQUE INDEX place_name ON place (parent_id, name)")
    # In the order in which a merge comes upon them: those of tagged CMKs, then those that only data keys name.
    every = list(enumerate(placements(shape)))
    tagged = [(*_names(place), Source.KMS) for nr, place in every if not _is_untagged(nr)]
    rest = [(*_names(place), Source.SCAN) for nr, place in every if _is_untagged(nr)]
    rows = [(nr, *place, 0) for nr, place in enumerate(tagged + rest, 1)]
    connection.executemany(
        "INSERT INTO new_place (nr, tenant, application, environment, source, declared) VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )
    settle_places(connection)
    found = connection.execute(
        "SELECT tenant, application, environment, place_id, tenant_id, application_id FROM new_place"
    )
    return {("", "", ""): (0, 0, 0)} | {tuple(row[:3]): tuple(row[3:]) for row in found}


_CMK_COLUMNS = (
    "id", "key_id", "arn", "account_id", "region", *staging.PLACE, *staging.METADATA, *staging.ROTATION,
    "metadata_at", "rotation_at", "materials_at", "policy_at", "name", "sort",
)  # fmt: skip
_CMK = f"INSERT INTO cmk ({', '.join(_CMK_COLUMNS)}) VALUES ({', '.join('?' * len(_CMK_COLUMNS))})"
_DATA_KEY_COLUMNS = (
    "kind", "resource_id", "account_id", "region", "seen_at", "elsewhere", "sort", *staging.DATA_KEY,
)  # fmt: skip
_DATA_KEY = f"INSERT INTO data_key ({', '.join(_DATA_KEY_COLUMNS)}) VALUES ({', '.join('?' * len(_DATA_KEY_COLUMNS))})"


def _fill_cmks(connection, cmks, ids, before):
    for nr, c in enumerate(cmks, before + 1):
        facts = tuple(getattr(c, column) for column in (*staging.METADATA, *staging.ROTATION))
        place = (*ids[_names(c.placement)], c.placement.source, c.placement.reason)
        ages = (c.metadata_at, c.rotation_at, c.materials_at, c.policy_at)
        connection.execute(_CMK, (nr, c.key_id, c.arn, c.account_id, c.region, *place, *facts, *ages, "", ""))
        connection.execute("INSERT INTO policy VALUES (?, ?)", (nr, c.policy))
        connection.executemany(
            "INSERT INTO material (cmk_id, material_id, date, rotation_type, state) VALUES (?, ?, ?, ?, ?)",
            sorted((nr, m.material_id, m.date, m.rotation_type, m.state) for m in c.materials),
        )
        connection.executemany("INSERT INTO alias VALUES (?, ?, ?, ?, ?)",
                               ((nr, a.name, a.arn, a.created_at, a.updated_at) for a in c.aliases))  # fmt: skip
        connection.executemany("INSERT INTO tag VALUES (?, ?, ?)", ((nr, *tag) for tag in c.tags))


def _data_key_row(cmk_id, cmk, key, ids):
    place = ids[_names(key.placement)]
    home = ids[_names(cmk.placement)]
    return (
        key.kind, key.resource_id, key.account_id, key.region, key.seen_at, int(place[0] != home[0]),
        data_key_sort(key.granularity, key.name, key.resource_id),
        key.granularity, cmk_id, *place, key.placement.source, key.placement.reason, key.name, key.arn, key.key_ref,
        key.status, key.data_key_id, key.created_at, key.source, json.dumps(key.detail) if key.detail else "[]",
    )  # fmt: skip


def _finish(connection: sqlite3.Connection, shape: Shape) -> None:
    """Indexes, then what the merge derives: names, generations, words and badges."""
    for statement in INDEXES.split(";\n"):
        if statement.strip() and "place_name" not in statement:
            connection.execute(statement)
    for statement in CALENDAR.split(";\n")[2:]:  # the others were never dropped
        if statement.strip():
            connection.execute(statement)
    connection.execute("INSERT INTO touched_cmk SELECT id FROM cmk")
    derive(connection)
    renew_cmk_words(connection, {}, words_of_cmks(connection, "SELECT id FROM cmk"))
    with_words = connection.execute("SELECT id, name, resource_id FROM data_key")
    add_data_key_words(connection, with_words)
    connection.execute("INSERT INTO counted_cmk SELECT id FROM cmk")
    connection.execute("INSERT OR IGNORE INTO touched_place SELECT id FROM place")
    count_again(connection)
    renew_figures(connection)
    tell_generations(connection, 0)
    count_wrapped(connection)
    note(connection, begin(connection, shape.today)._replace(cmk=0))
    clear(connection)
    connection.executemany(
        "INSERT INTO slice VALUES (?, ?, ?, ?)",
        ((s.account_id, s.region, s.what, shape.today) for s in slices(shape)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    for field in fields(Shape)[:4]:
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=int, default=field.default)
    options = parser.parse_args()
    started = time.monotonic()
    write(options.file, Shape(options.tenants, options.applications, options.environments, options.data_keys))
    size = options.file.stat().st_size >> 20
    print(f"{options.file}: {size} MiB in {time.monotonic() - started:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
