"""The routes of a service of the table, and the procedure of each: a person acts, the console reads what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.datakeys.estimates import Part, Range, Work, just
from console.datakeys.manual.acts import Goes
from console.datakeys.manual.steps import steps_of
from console.datakeys.manual.ways import WAYS
from console.datakeys.routes import Effect, Route

if TYPE_CHECKING:
    from console.datakeys.estimates import Basis, Size
    from console.datakeys.manual.acts import Way
    from console.datakeys.manual.services import Service
    from console.datakeys.routes import Subject
    from console.workflow.model import Known, Step


STORED = {"rds": "database_gib_month", "aurora": "database_gib_month", "efs": "filesystem_gib_month",
          "fsx": "filesystem_gib_month"}  # fmt: skip
"""What a GiB is billed as, by service; of the others no rate is known."""


class ManualRotation:
    """Of one service. What can be taken comes first, in the table's order."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self, subject: Subject) -> tuple[Route, ...]:
        values = {"cmk": subject.cmk, "intended": subject.intended, "transit": subject.transit}
        found = [
            Route(self._service.name, way.name, way.effect, self._refused(way, subject), values, way.needs,
                  way.confirmed)
            for way in WAYS[self._service.name]
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda route: bool(route.refused)))

    def facts(self, subject: Subject, route: Route) -> dict[str, Any]:
        told = dict(subject.detail)
        label = label_of(self._service, subject)
        domain = "amazonaws.com.cn" if subject.region.startswith("cn-") else "amazonaws.com"
        return {
            "label": label, "proves": way_of(self._service.name, route.name).proves, "engine": told.get("engine", ""),
            "url": f"https://sqs.{subject.region}.{domain}/{subject.account_id}/{label}",
        }  # fmt: skip

    def work(self, subject: Subject, route: Route, size: Size | None, basis: Basis) -> Work:  # noqa: ARG002 - as the scan told
        """Each act of a person may move all there is once; what stands beside it costs more than its storage."""
        known = dict(subject.detail).get("size_gib", "")
        gib = just(int(known)) if known.isdigit() else None
        acts = sum(bool(act.commands) for act in way_of(self._service.name, route.name).acts)
        moved = None if gib is None else Range(gib.low * 1024, gib.low * 1024 * max(1, acts))
        stored = STORED.get(self._service.name, "")
        billed = (Part(stored, basis.kept(gib)),) if stored else (Part("object_gib_month", None),)
        return Work((Part("copy_mib_s", moved),), billed, more="estimate.more.by_hand")

    def steps(self, known: Known) -> tuple[Step, ...]:
        return steps_of(way_of(self._service.name, known.facts["route"]))

    def _refused(self, way: Way, subject: Subject) -> str:
        if way.effect is not Effect.NEW_DK:
            return "route.unchanged"
        if not label_of(self._service, subject):
            return "route.manual.unseen"
        if not subject.intended:
            return "route.manual.no_cmk"
        if way.goes is Goes.MOVE:
            return "" if subject.moves else "route.manual.same"
        if way.goes is Goes.TRANSIT:
            return _no_transit(subject)
        return ""


def _no_transit(subject: Subject) -> str:
    if subject.moves:
        return "route.manual.moves"
    return "route.manual.no_transit" if subject.transit in ("", subject.cmk) else ""


def way_of(service: str, name: str) -> Way:
    """The row of that route."""
    return next(way for way in WAYS[service] if way.name == name)


def label_of(service: Service, subject: Subject) -> str:
    """How commands name the resource; '' while no scan has told."""
    if service.id == service.label:
        return subject.resource_id
    return subject.name or (subject.resource_id.rpartition("/")[2].rpartition(":")[2] if _is_arn(subject) else "")


def _is_arn(subject: Subject) -> bool:
    return subject.resource_id.startswith("arn:")
