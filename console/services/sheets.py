"""Every fact of one node with where it comes from, how old it is and why it is so."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from console.errors import NotFound
from console.services.generations import generation_fact, source_facts, strip_fact
from console.text.paths import join_path
from store.answers import Cmk, DataKey, Fact, Sheet
from store.nodes import OTHER_CMK, OTHER_TENANT
from store.records import COPIES, Kind, NodeRef, Source, Status

if TYPE_CHECKING:
    from console.services.catalog import Catalog
    from console.settings import Settings
    from store.answers import Rotation
    from store.cmks import Cmks
    from store.records import Node
    from store.verdicts import Verdicts


class Sheets:
    """Makes the sheet of a tenant, application, environment, CMK or data key."""

    def __init__(self, catalog: Catalog, cmks: Cmks, settings: Settings) -> None:
        self._catalog = catalog
        self._cmks = cmks
        self._settings = settings

    def sheet(self, ref: NodeRef) -> Sheet:
        """All facts of `ref`.

        Raises:
            NotFound: it is not, or no longer, in the cache or in scope.
        """
        node = self._catalog.node(ref)
        if node is None:
            raise NotFound("not_found.node")
        path = self._catalog.typed(ref)
        if ref.kind is Kind.CMK and (cmk := self._cmks.get(ref.id)):
            return self._cmk(node, path, cmk)
        if ref.kind is Kind.DATA_KEY and (data_key := self._cmks.data_key(ref.id)):
            return self._data_key(node, path, data_key)
        return self._place(node, path)

    def _place(self, node: Node, path: tuple[str, ...]) -> Sheet:
        facts: tuple[Fact, ...] = (
            Fact("fact.cmks", node.counts.cmks, "count", why="why.badges"),
            Fact("fact.data_keys", node.counts.data_keys, "count", source=Source.SCAN, why="why.data_keys"),
            Fact("fact.groups", node.counts.groups, "count", source=Source.SCAN, why="why.groups"),
            Fact("fact.copies", node.counts.copies, "count", source=Source.SCAN, why="why.copies"),
        )
        sentence = f"sheet.{node.ref.kind.value}_{node.status.value}"
        if node.status in (Status.EMPTY, Status.NO_CMK):
            facts = (Fact("fact.note", sentence, "textkey", why=f"why.{node.status.value}"), *facts)
        if node.note:
            facts = (Fact("fact.note", node.note, "textkey"), *facts)
        raw = json.dumps(
            {"path": join_path(path), "kind": node.ref.kind.value, "counts": asdict(node.counts)}, indent=2
        )
        copies = (("copy.path", join_path(path)), ("copy.name", node.name))
        return Sheet(node.ref, path, node.name, node.status, (("section.overview", facts),), raw, copies)

    def _cmk(self, node: Node, path: tuple[str, ...], cmk: Cmk) -> Sheet:
        coming = self._catalog.rotations(node.ref, days=None, history=False).window(0, 1)
        strip = strip_fact(self._catalog.sightings.wrapped(cmk.id), cmk.facts.materials_at)
        hbk = _hbk(cmk, coming[0] if coming else None, self._settings.on_demand_limit)
        sections = (
            ("section.overview", self._overview(cmk, path)),
            ("section.hbk", (*hbk, strip) if strip else hbk),
            ("section.data_keys", _under(cmk)),
            ("section.tags", _tags(cmk)),
            ("section.policy", (Fact("fact.policy", cmk.facts.policy, "json", at=cmk.facts.policy_at),)),
        )
        aliases = tuple(("copy.alias", alias.name) for alias in cmk.aliases)
        copies = (
            ("copy.arn", cmk.facts.arn),
            ("copy.id", cmk.facts.key_id),
            *aliases,
            ("copy.path", join_path(path)),
        )
        return Sheet(node.ref, path, node.name, cmk.status, sections, _raw(cmk), copies)

    def _overview(self, cmk: Cmk, path: tuple[str, ...]) -> tuple[Fact, ...]:
        facts, at = cmk.facts, cmk.facts.metadata_at
        plain = sentences(cmk)
        placed = facts.placement
        rows = [
            *plain,
            Fact("fact.state", cmk.status.value, "status", at=at, why=f"why.state.{cmk.status.value}"),
            *(Fact("fact.alias", alias.name, "key", at=at, why="why.alias") for alias in cmk.aliases),
            Fact("fact.arn", facts.arn, "key", at=at, why="why.arn"),
            Fact("fact.key_id", facts.key_id, "key", at=at),
            Fact(
                "fact.path",
                " / ".join(path[:3]),
                "text",
                source=placed.source,
                at=at,
                why=_placed_why(placed.source),
            ),
            Fact("fact.created", facts.created_at, "date", at=at),
            Fact("fact.description", facts.description or None, at=at),
            Fact("fact.account", facts.account_id, "key", at=at),
            Fact("fact.region", facts.region, at=at),
            Fact("fact.key_spec", facts.key_spec, at=at),
            Fact("fact.key_usage", facts.key_usage, at=at),
            Fact("fact.origin", facts.origin, at=at, why="why.origin"),
        ]
        if placed.reason:
            rows.insert(
                0,
                Fact("fact.note", placed.reason, "textkey", source=placed.source, at=at, why="why.unassigned"),
            )
        if facts.deletion_at:
            rows.insert(0, Fact("fact.deletion", facts.deletion_at, "date", at=at, why="why.deletion"))
        if facts.multi_region:
            rows.append(Fact("fact.multi_region", facts.multi_region, at=at))
        if cmk.stale:
            rows.insert(0, Fact("fact.note", "sheet.stale", "textkey", (("date", at),), at=at, why="why.stale"))
        return tuple(rows)

    def _data_key(self, node: Node, path: tuple[str, ...], key: DataKey) -> Sheet:
        facts, at = key.facts, key.facts.seen_at
        seen = self._catalog.sightings.of(key.id)
        rows = [
            Fact(
                "fact.note",
                f"sheet.kind_{facts.granularity.value}",
                "textkey",
                source=facts.source,
                at=at,
                why=_holder_why(facts.granularity),
            ),
            Fact(
                "fact.state",
                facts.status.value,
                "status",
                source=facts.source,
                at=at,
                why=f"why.state.{facts.status.value}",
            ),
            Fact("fact.resource", facts.resource_id, "key", source=facts.source, at=at),
            Fact("fact.name", facts.name or None, source=facts.source, at=at),
            Fact("fact.cmk", facts.key_ref or None, "key", source=facts.source, at=at, why="why.key_ref"),
            Fact("fact.cmk_name", key.cmk_name or None, source=facts.source, at=at),
            Fact(
                "fact.data_key_id",
                facts.data_key_id or None,
                "key",
                source=facts.source,
                at=at,
                why="why.data_key_id" if facts.data_key_id else _unknown_why(facts.granularity),
            ),
            _dated(key),
            *((generation_fact(key, seen),) if key.cmk_id else ()),
            Fact(
                "fact.own_path",
                " / ".join(key.path) or None,
                source=facts.placement.source,
                at=at,
                why=_placed_why(facts.placement.source),
            ),
            Fact("fact.account", facts.account_id, "key", source=facts.source, at=at),
            Fact("fact.region", facts.region, source=facts.source, at=at),
        ]
        if facts.placement.reason:
            rows.append(Fact("fact.unplaced", facts.placement.reason, "textkey", at=at, why="why.unassigned"))
        if node.elsewhere:
            rows.insert(
                1,
                Fact(
                    "fact.note",
                    "sheet.elsewhere",
                    "textkey",
                    (("path", node.elsewhere),),
                    source=Source.INFERRED,
                    at=at,
                    why="why.elsewhere",
                ),
            )
        if node.note in (OTHER_CMK, OTHER_TENANT):
            rows.insert(1, Fact("fact.note", node.note, "textkey", source=facts.source, at=at, why="why.out_of_sight"))
        rows[1:1] = _proven(key, self._catalog.verdicts)
        if key.stale:
            rows.insert(0, Fact("fact.note", "sheet.stale", "textkey", (("date", at),), at=at, why="why.stale"))
        detail = tuple(Fact("fact.detail", f"{k}: {v}", source=facts.source, at=at) for k, v in facts.detail)
        sections = (
            ("section.overview", tuple(rows)),
            ("section.sources", source_facts(key, seen)),
            ("section.detail", detail),
        )
        copies = (
            ("copy.resource", facts.resource_id),
            ("copy.arn", facts.arn),
            ("copy.cmk", facts.key_ref),
            ("copy.path", join_path(path)),
        )
        shown = tuple((key, value) for key, value in copies if value)
        return Sheet(node.ref, path, node.name, facts.status, sections, _raw(key), shown)


def sentences(cmk: Cmk) -> tuple[Fact, ...]:
    """The two plain sentences: when the HBK last rotated, and that this touched no data key."""
    at = cmk.facts.materials_at
    if cmk.rotation_last is not None:
        first = Fact("fact.plain", "sheet.hbk_rotated", "textkey", (("date", cmk.rotation_last),), at=at, why="why.hbk")
    elif cmk.facts.materials_at:
        first = Fact(
            "fact.plain",
            "sheet.hbk_never",
            "textkey",
            (("date", cmk.facts.created_at or 0),),
            at=at,
            why="why.hbk",
        )
    else:
        first = Fact("fact.plain", "sheet.hbk_unknown", "textkey", at=at, why="why.hbk")
    if cmk.oldest_data_key is None:
        second = Fact("fact.plain", "sheet.no_data_keys", "textkey", source=Source.SCAN, at=at, why="why.data_keys")
    else:
        second = Fact(
            "fact.plain",
            "sheet.untouched",
            "textkey",
            (("date", cmk.oldest_data_key),),
            source=Source.SCAN,
            at=at,
            why="why.untouched",
        )
    return first, second


def _hbk(cmk: Cmk, coming: Rotation | None, limit: int) -> tuple[Fact, ...]:
    facts, at = cmk.facts, cmk.facts.rotation_at
    rows = [
        Fact("fact.rotation_enabled", facts.rotation_enabled, "flag", at=at, why="why.rotation_enabled"),
        Fact("fact.rotation_last", cmk.rotation_last, "date", at=facts.materials_at, why="why.rotation_last"),
        Fact("fact.rotation_next", facts.rotation_next, "date", at=at, why="why.rotation_next"),
        Fact("fact.rotation_period", facts.rotation_period, "days", at=at, why="why.rotation_period"),
        Fact("fact.generations", len(cmk.materials), "count", at=facts.materials_at, why="why.generations"),
        Fact(
            "fact.on_demand",
            "sheet.on_demand",
            "textkey",
            (("used", cmk.on_demand_used), ("limit", limit)),
            source=Source.INFERRED,
            at=facts.materials_at,
            why="why.on_demand",
        ),
        Fact("fact.material", facts.current_material or None, "key", at=facts.metadata_at, why="why.material"),
    ]
    if coming and coming.note:
        rows.insert(0, Fact("fact.note", coming.note, "textkey", at=at, why=f"why.{coming.note}"))
    return tuple(rows)


def _under(cmk: Cmk) -> tuple[Fact, ...]:
    return (
        Fact("fact.data_keys", cmk.counts.data_keys, "count", source=Source.SCAN, why="why.data_keys"),
        Fact("fact.groups", cmk.counts.groups, "count", source=Source.SCAN, why="why.groups"),
        Fact("fact.copies", cmk.counts.copies, "count", source=Source.SCAN, why="why.copies"),
        Fact("fact.oldest", cmk.oldest_data_key, "date", source=Source.SCAN, why="why.dated"),
    )


def _proven(key: DataKey, verdicts: Verdicts) -> list[Fact]:
    """The newest verdict on the data key here, and what took the place of this resource."""
    where = (key.facts.resource_id, key.facts.account_id, key.facts.region)
    rows = []
    if (judged := verdicts.latest(*where)) is not None:
        on = (("date", judged.at), *judged.numbers)
        said = f"sheet.{judged.verdict}"
        rows.append(Fact("fact.verdict", said, "textkey", on, Source.EVIDENCE, judged.at, judged.reason))
    if (after := verdicts.replaced(*where)) is not None:
        values = (("resource", after.resource_id), ("date", after.at))
        rows.append(Fact("fact.note", "sheet.replaced", "textkey", values, Source.EVIDENCE, after.at, "why.replaced"))
    return rows


def _dated(key: DataKey) -> Fact:
    """The date by which it ages: a proof counts, a re-wrap does not."""
    facts = key.facts
    renewed = key.made_at is not None and key.made_at != facts.created_at
    source, why = (Source.EVIDENCE, "why.dated_otherwise") if renewed else (facts.source, "why.dated")
    return Fact("fact.dated", key.made_at, "date", source=source, at=facts.seen_at, why=why)


def _tags(cmk: Cmk) -> tuple[Fact, ...]:
    if not cmk.tags:
        return (Fact("fact.tags", None, at=cmk.facts.metadata_at),)
    return tuple(Fact("fact.tag", f"{key} = {value}", at=cmk.facts.metadata_at) for key, value in cmk.tags)


def _placed_why(source: Source) -> str:
    return {Source.DECLARED: "why.placed_declared", Source.INFERRED: "why.placed_inferred"}.get(source, "why.placed")


def _holder_why(granularity: str) -> str:
    if granularity in COPIES:
        return "why.copies"
    return "why.groups" if granularity == "bucket" else "why.data_keys"


def _unknown_why(granularity: str) -> str:
    return "why.no_s3_id" if granularity == "bucket" else "why.no_lineage"


def _raw(record: Cmk | DataKey) -> str:
    """What the store holds, as JSON; the policy as JSON inside it."""
    table = asdict(record)
    del table["facts"]["stale"]  # what a harvest says; the record itself says how it is
    policy = table["facts"].get("policy")
    if policy:
        table["facts"]["policy"] = json.loads(policy)
    return json.dumps(table, indent=2, ensure_ascii=False, default=str)
