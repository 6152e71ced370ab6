"""From a data key in the cache to a wish that the engine understands: what it is about, which routes there are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from console.datakeys import KINDS
from console.datakeys.estimates import KMS, Basis, Estimating, estimated, read, told, total
from console.datakeys.routes import Joining, Route, Subject
from console.errors import NotFound, UsageError
from console.workflow.fields import default_of
from console.workflow.model import Known, Wish
from store.records import Kind
from store.run_records import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from console.datakeys.estimates import Estimate, Size
    from console.datakeys.routes import Rotation
    from console.services.catalog import Catalog
    from console.settings import Settings
    from store.answers import DataKey
    from store.records import NodeRef

NAME = "dk_rotation"
CAMPAIGN = "dk_campaign"


@dataclass(frozen=True, slots=True)
class Choice:
    """A data key, and every route that its kind knows; `best` is the first that can be taken, if there is one.
    `estimates` are by the name of a route; `engaged` says what work stands in the way of every one.
    """

    subject: Subject
    routes: tuple[Route, ...]
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    engaged: Sentence = field(default_factory=Sentence)

    @property
    def best(self) -> Route | None:
        return next((route for route in self.routes if not route.refused), None)

    def route(self, name: str) -> Route:
        """The one of that name, or the best where none is named.

        Raises:
            UsageError: there is none, or it cannot be taken (the sentence says why).
        """
        if self.engaged.key:
            raise UsageError(self.engaged.key, **self.engaged.values)
        if not name:
            if self.best is None:
                raise UsageError("rotation.no_route", resource=self.subject.resource_id)
            return self.best
        found = next((route for route in self.routes if route.name == name), None)
        if found is None:
            known = ", ".join(route.name for route in self.routes)
            raise UsageError("rotation.unknown_route", route=name, known=known)
        if found.refused:
            raise UsageError(found.refused, **found.values)
        return found


class Planner:
    """Looks in the cache only. Raises StoreError."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self._catalog = catalog
        self._settings = settings

    def choice(self, ref: NodeRef, intended: str = "") -> Choice:
        """What can be done with this data key; `intended` is the ARN of the CMK it shall stand under afterwards
        ('' : that of its own environment, else where it stands).

        Raises:
            UsageError: it is no data key, or of a kind that nobody knows how to rotate.
            NotFound: it has gone, or is not in scope.
        """
        if ref.kind is not Kind.DATA_KEY:
            raise UsageError("rotation.no_data_key")
        key = self._catalog.cmks.data_key(ref.id)
        if key is None or not key.facts.account_id:  # somebody else's, seen only as a number under one's own CMK
            raise NotFound("not_found.node")
        rotation = rotation_of(key.facts.kind)
        if rotation is None:
            raise UsageError("rotation.no_kind", resource=key.facts.resource_id, kind=key.facts.kind)
        subject = self._subject(key, intended)
        return self.weighed(Choice(subject, rotation.routes(subject)))

    def weighed(self, choice: Choice, size: Size | None = None) -> Choice:
        """The same with what each route takes, by the size that was counted."""
        rotation, basis = rotation_of(choice.subject.kind), self._basis()
        if not isinstance(rotation, Estimating):
            return choice
        work = {route.name: rotation.work(choice.subject, route, size, basis) for route in choice.routes}
        return replace(choice, estimates={name: estimated(each, basis) for name, each in work.items()})

    def summed(self, wishes: Sequence[Wish]) -> Estimate | None:
        """What all of these take together, as many at a time as a campaign has; None where none of them tells."""
        found = [read(wish.facts["estimate"]) for wish in wishes if "estimate" in wish.facts]
        return total(found, self._settings.terms.rotating.parallel) if found else None

    def wish(self, choice: Choice, route: Route, parent: str = "") -> Wish:
        """The run that takes this route."""
        subject = choice.subject
        rotation = rotation_of(subject.kind)
        facts = {
            "kind": subject.kind, "granularity": subject.granularity, "resource": subject.resource_id,
            "account": subject.account_id, "region": subject.region, "route": route.name, "effect": route.effect.value,
            "cmk": subject.cmk, "intended": subject.intended, "transit": subject.transit,
            "tenant": subject.tenant, "application": subject.application,
            "keep_days": self._settings.terms.rotating.keep_days,
            "still": [list(each) for each in subject.still],
        }  # fmt: skip
        more = rotation.facts(subject, route) if rotation is not None else {}
        if (estimate := choice.estimates.get(route.name)) is not None:
            more |= {"estimate": told(estimate)}
        named = subject.name or subject.resource_id
        return Wish(NAME, named, facts | more, subject.tenant, subject.application, parent=parent)

    def campaign(self, chosen: Sequence[tuple[Choice, Route]]) -> Wish:
        """One run over all of them."""
        return self.all_of(self.wishes(chosen))

    def wishes(self, chosen: Sequence[tuple[Choice, Route]]) -> list[Wish]:
        """A run for each data key, but one for those that are better done together (the volumes of one instance)."""
        alone: list[Wish] = []
        groups: dict[tuple[str, ...], list[Wish]] = {}
        for choice, route in chosen:
            subject, rotation = choice.subject, rotation_of(choice.subject.kind)
            key = rotation.together(subject, route) if isinstance(rotation, Joining) else ""
            wish = self.wish(choice, route)
            where = (subject.kind, subject.account_id, subject.region, key)
            groups.setdefault(where, []).append(wish) if key else alone.append(wish)
        return [*(_joined(group) for group in groups.values()), *alone]

    def all_of(self, wishes: Sequence[Wish]) -> Wish:
        """One run over all of these; what each would ask is answered as its field proposes."""
        items = [
            {
                "subject": wish.subject, "facts": wish.facts, "tenant": wish.tenant, "application": wish.application,
                "answers": _proposed(wish),
            }
            for wish in wishes
        ]  # fmt: skip
        tenants, applications = {wish.tenant for wish in wishes}, {wish.application for wish in wishes}
        facts = {
            "items": items,
            "parallel": self._settings.terms.rotating.parallel,
            "number": sum(len(resources(wish.facts)) for wish in wishes),
        }
        if (estimate := self.summed(wishes)) is not None:
            facts["estimate"] = told(estimate)
        tenant = tenants.pop() if len(tenants) == 1 else ""
        application = applications.pop() if tenant and len(applications) == 1 else ""
        return Wish(CAMPAIGN, f"{wishes[0].subject} +{len(wishes) - 1}", facts, tenant, application)

    def _basis(self) -> Basis:
        terms, rates = self._settings.terms, self._settings.rates
        own = rates.own | (frozenset({KMS}) if terms.own_prices else frozenset())
        return Basis(rates, terms.prices, terms.rotating.keep_days, own)

    def _subject(self, key: DataKey, intended: str) -> Subject:
        facts = key.facts
        tenant, application = (*(key.path or key.cmk_path), "", "")[:2]
        others = self._catalog.cmks.lineage(facts.data_key_id) if facts.data_key_id else []
        return Subject(
            facts.kind, facts.granularity.value, facts.resource_id, facts.account_id, facts.region, facts.name,
            facts.key_ref, intended or self._own_cmk(key) or facts.key_ref, self._settings.transit_for(tenant),
            facts.data_key_id, facts.created_at, facts.detail,
            tuple((o.facts.granularity.value, o.facts.resource_id) for o in others if o.id != key.id),
            tenant, application,
        )  # fmt: skip

    def _own_cmk(self, key: DataKey) -> str:
        """The CMK of the environment that its own tags name, where there is exactly one that can be used."""
        found = self._catalog.cmks.of_place(key.place_id) if key.place_id else []
        usable = [
            cmk.facts.arn for cmk in found if cmk.facts.state == "Enabled" and cmk.facts.region == key.facts.region
        ]
        if key.facts.key_ref in usable:
            return key.facts.key_ref
        return usable[0] if len(usable) == 1 else ""


def _joined(group: Sequence[Wish]) -> Wish:
    if len(group) == 1:
        return group[0]
    first = group[0]
    rotation = rotation_of(first.facts["kind"])
    assert isinstance(rotation, Joining)  # noqa: S101 - it put them together
    applications = {wish.application for wish in group}
    named, facts = rotation.join([wish.facts for wish in group])
    application = applications.pop() if len(applications) == 1 else ""
    together: dict[str, Any] = {"application": application}
    if all("estimate" in wish.facts for wish in group):
        together["estimate"] = told(total([read(wish.facts["estimate"]) for wish in group]))
    return Wish(NAME, named, facts | together, first.tenant, application)


def _proposed(wish: Wish) -> dict[str, dict[str, Any]]:
    """Answers to the questions of a run that propose one each; what is final or for other eyes is still asked."""
    rotation = rotation_of(wish.facts["kind"])
    known = Known("", wish.subject, wish.facts)
    found: dict[str, dict[str, Any]] = {}
    for step in rotation.steps(known) if rotation is not None else ():
        if step.do is None or step.final or step.four_eyes:
            continue
        told = {field.name: default_of(field, known) for field in step.fields(known, by_hand=False)}
        if told and None not in told.values():
            found[step.name] = told
    return found | wish.answers


def resources(facts: Mapping[str, Any]) -> list[str]:
    """What holds the data keys of one run: the volumes of an instance go together."""
    return [disk["volume"] for disk in facts.get("disks", ())] or [facts["resource"]]


def rotation_of(kind: str) -> Rotation | None:
    """How data keys of this kind are rotated."""
    return next((each.rotation for each in KINDS if each.name == kind), None)
