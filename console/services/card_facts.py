"""The facts that stand on a card, kind by kind; pure: records in, labelled values out."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from store.answers import Fact
from store.records import GROUPS, Source, Status
from store.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.answers import Cmk, DataKey, PlaceFacts
    from store.effects import Tally

Facts = tuple[Fact, ...]

SHOWN = 8
"""Lines of a kind that may be many: statements of a policy, places, gaps."""


def cmk_facts(cmk: Cmk, *, named: bool, path: bool = False) -> Facts:
    """The CMK itself; `named` with its aliases, `path` with its place."""
    facts, at = cmk.facts, cmk.facts.metadata_at
    rows = [
        Fact("fact.path", " / ".join(cmk.path) or None, source=facts.placement.source, at=at) if path else None,
        Fact("fact.state", cmk.status.value, "status", at=at),
        Fact("fact.deletion", facts.deletion_at, "date", at=at) if facts.deletion_at else None,
        *(Fact("fact.alias", alias.name, "key", at=at) for alias in cmk.aliases[:SHOWN] if named),
        Fact("fact.key_id", facts.key_id, "key", at=at),
        Fact("fact.arn", facts.arn, "key", at=at),
        Fact("fact.created", facts.created_at, "date", at=at),
    ]
    return tuple(row for row in rows if row is not None)


def hbk_facts(cmk: Cmk, note: str, material: str) -> Facts:
    """When the HBK rotated and rotates, why a coming date does not hold, and which HBK `material` is."""
    facts, at = cmk.facts, cmk.facts.rotation_at
    kind = cmk.rotation_last_type.lower()
    rows = [
        Fact("fact.rotation_last", cmk.rotation_last, "date", at=facts.materials_at),
        Fact("card.fact.how", f"rotation.type.{kind}", "textkey", at=facts.materials_at) if kind else None,
        Fact("fact.rotation_next", facts.rotation_next, "date", at=at),
        Fact("card.fact.note", note, "textkey", at=at) if note else None,
        Fact("fact.generations", len(cmk.materials), "count", at=facts.materials_at),
        _generation(cmk, material),
    ]
    return tuple(row for row in rows if row is not None)


def _generation(cmk: Cmk, material: str) -> Fact | None:
    ids = [each.material_id for each in cmk.materials]
    if material not in ids:
        return None
    at, nr = cmk.facts.materials_at, ids.index(material)
    date = cmk.materials[nr].date or (cmk.facts.created_at if nr == 0 else None)
    if cmk.materials[nr].state.startswith("PENDING"):
        return Fact("card.fact.material", "card.material_pending", "textkey", at=at)
    values = (("n", nr + 1), ("of", len(ids)), ("date", date or 0))
    return Fact("card.fact.material", "card.material", "textkey", values, at=at)


def under_facts(cmk: Cmk, tallies: Iterable[Tally]) -> Facts:
    """How many holders of each kind stand under a CMK, and the oldest data key's date."""
    counts = Counter[str]()
    for tally in tallies:
        counts[tally.form.granularity] += tally.count
    kinds = (Fact(f"kind.{kind}", count, "count", source=Source.SCAN) for kind, count in sorted(counts.items()))
    return (*(kinds if counts else (Fact("fact.data_keys", 0, "count", source=Source.SCAN),)),
            Fact("fact.oldest", cmk.oldest_data_key, "date", source=Source.SCAN))  # fmt: skip


def whole_facts(cmk: Cmk, tallies: Iterable[Tally], on_demand_limit: int) -> Facts:
    """What is for administrators: description, accounts, what stands elsewhere, the policy's statements."""
    facts, at = cmk.facts, cmk.facts.metadata_at
    used = (("used", cmk.on_demand_used), ("limit", on_demand_limit))
    away = Counter[str]()
    for tally in tallies:
        if tally.hidden or tally.path != cmk.path[: len(tally.path)]:
            away[" / ".join(tally.path)] += tally.count
    rows = [
        Fact("fact.description", facts.description or None, at=at),
        Fact("fact.account", facts.account_id, "key", at=at),
        Fact("fact.region", facts.region, at=at),
        Fact("fact.on_demand", "sheet.on_demand", "textkey", used, Source.INFERRED, facts.materials_at),
        *(Fact("card.fact.away", "card.away", "textkey", (("path", path or "–"), ("n", count)), Source.INFERRED)
          for path, count in away.most_common(SHOWN)),
        *(Fact("fact.policy", line, at=facts.policy_at) for line in statements(facts.policy)),
    ]  # fmt: skip
    return tuple(rows)


def statements(policy: str | None) -> tuple[str, ...]:
    """A key policy in a line a statement: name, effect, principals. What is no policy gives none."""
    try:
        read = json.loads(policy or "{}")
    except ValueError:
        return ()
    found = read.get("Statement", []) if isinstance(read, dict) else []
    listed = found if isinstance(found, list) else [found]
    return tuple(_statement(each) for each in listed[:SHOWN] if isinstance(each, dict))


def _statement(statement: dict[str, Any]) -> str:
    principal = statement.get("Principal", statement.get("NotPrincipal", "–"))
    named = principal.values() if isinstance(principal, dict) else [principal]
    who = [str(one) for names in named for one in (names if isinstance(names, list) else [names])]
    more = f" +{len(who) - 2}" if len(who) > 2 else ""
    return f"{statement.get('Sid', '–')} · {statement.get('Effect', '–')} · {', '.join(who[:2])}{more}"[:400]


def data_key_facts(key: DataKey, accounts: frozenset[str], *, own: bool, cmk: Cmk | None) -> Facts:
    """The holder of a data key; of the accounts only those in `accounts` are named. `own`: for the tenant's eyes."""
    facts, at = key.facts, key.facts.seen_at
    known = facts.key_ref if not own or _plain_ref(facts.key_ref, key, accounts) else ""
    if cmk is not None and known == cmk.facts.arn:
        known = ""  # it stands with the CMK
    rows = [
        Fact("fact.state", facts.status.value, "status", source=facts.source, at=at),
        Fact("fact.resource", facts.resource_id, "key", source=facts.source, at=at),
        Fact("fact.name", facts.name, source=facts.source, at=at)
        if facts.name and facts.name != facts.resource_id else None,
        Fact("fact.dated", key.made_at, "date", source=facts.source, at=at),
        Fact("fact.data_key_id", facts.data_key_id, "key", source=facts.source, at=at) if facts.data_key_id else None,
        Fact("fact.cmk", known, "key", source=facts.source, at=at) if known else None,
        Fact("fact.account", facts.account_id, "key", source=facts.source, at=at)
        if facts.account_id in accounts else None,
        Fact("fact.region", facts.region, source=facts.source, at=at),
    ]  # fmt: skip
    return tuple(row for row in rows if row is not None)


def _plain_ref(key_ref: str, key: DataKey, accounts: frozenset[str]) -> bool:
    """Whether the CMK as the resource names it says nothing of others: a key ARN of ours or of the tenant's own
    account. An alias may hold anybody's name.
    """
    parts = key_ref.split(":", 5)
    if len(parts) < 6 or not parts[5].startswith("key/"):
        return False
    return bool(key.cmk_id) or parts[4] in accounts


def holder_sentences(key: DataKey, cmk: Cmk | None) -> Facts:
    """What it is, and what an HBK rotation does to it: nothing."""
    facts, at = key.facts, key.facts.seen_at
    rows = [Fact("fact.plain", f"sheet.kind_{facts.granularity}", "textkey", source=facts.source, at=at)]
    if facts.status is not Status.ENCRYPTED:
        return tuple(rows)
    if cmk is not None and cmk.rotation_last is not None:
        told = "card.hbk_only_group" if facts.granularity in GROUPS else "card.hbk_only"
        rows.append(Fact("fact.plain", told, "textkey", (("date", cmk.rotation_last),), at=at))
    if key.made_at and facts.granularity not in GROUPS and key.verdict is not Verdict.PROVEN:
        rows.append(Fact("fact.plain", "card.dated", "textkey", (("date", key.made_at),), at=at))
    if key.verdict and key.verdict_at:
        rows.append(Fact("fact.plain", f"card.verdict.{key.verdict}", "textkey", (("date", key.verdict_at),), at=at))
    if f"{facts.granularity}" in ("volume", "snapshot"):
        rows.append(Fact("fact.plain", "card.same_key", "textkey", at=at))
    return tuple(rows)


def place_facts(place: PlaceFacts) -> tuple[Facts, Facts]:
    """Counts and dates of a tenant, application or environment, and the sentence where something is missing."""
    at, counts = place.read_at, place.counts
    rows = [
        Fact("fact.cmks", counts.cmks, "count", at=at),
        Fact("fact.data_keys", counts.data_keys, "count", source=Source.SCAN, at=at),
        Fact("fact.groups", counts.groups, "count", source=Source.SCAN, at=at),
        Fact("fact.copies", counts.copies, "count", source=Source.SCAN, at=at),
        Fact("fact.rotation_last", place.rotation_last, "date", at=at),
        Fact("fact.rotation_next", place.rotation_next, "date", at=at),
        Fact("fact.oldest", place.oldest_data_key, "date", source=Source.SCAN, at=at),
    ]
    rows += [Fact("fact.account", account.account_id, "key", at=at) for account in place.accounts]
    missing = place.status in (Status.EMPTY, Status.NO_CMK)
    plain = (Fact("fact.plain", f"sheet.{place.ref.kind}_{place.status}", "textkey"),) if missing else ()
    untouched = Fact("fact.plain", "card.untouched", "textkey", (("date", place.oldest_data_key or 0),))
    return tuple(rows), (*plain, *((untouched,) if place.oldest_data_key else ()))


def read_facts(at: int, home: PlaceFacts | None, *, own: bool) -> Facts:
    """How old what the card says is, and what could not be read; for the tenant without AWS's words."""
    rows = [Fact("card.fact.read", at or None, "clock", at=at)]
    if home is None:
        return tuple(rows)
    if home.read_at:
        rows.append(Fact("card.fact.scanned", home.read_at, "clock", source=Source.SCAN, at=home.read_at))
    for gap in home.gaps[:SHOWN]:
        values = (("what", gap.part.what), ("account", gap.part.account_id), ("region", gap.part.region),
                  ("code", gap.code), ("date", gap.since))  # fmt: skip
        rows.append(Fact("card.fact.gap", "card.gap" if own else "card.gap_whole", "textkey", values, at=gap.since))
    return tuple(rows)
