"""A tenant describes the CMK that is wanted, sees at once what stands in its way, and submits the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.errors import NotFound, UsageError
from console.services.requests.bulk import id_of
from console.services.requests.offered import OFFERED
from console.services.requests.preflight import tenant_of
from console.text.paths import split_path
from console.workflow.model import Field, Kind, Lane, NotKnownYet, Step, Wish, Workflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.workflow.context import Context
    from console.workflow.model import Known
    from console.workflows.requesting import Requesting
    from store.request_records import Wanted
    from store.run_records import Json

NAME = "cmk_wish"
TEXTS = ("application", "environment", "contacts", "data_class", "reason")


def wish_of(desk: Requesting, path: str) -> Wish:
    """The form's run: what is known stands in it beforehand.

    Raises:
        NotFound: no tenant is named, and there are several.
    """
    names = (*split_path(path), "", "", "")[:3]
    tenants = desk.settings.tenants
    only = tenants[0].name if len(tenants) == 1 else ""
    told = desk.wish(dict(zip(("tenant", "application", "environment"), (names[0] or only, *names[1:]), strict=True)))
    if not told.tenant:
        raise NotFound("request.no_tenant")
    known = tenant_of(desk.settings, told.tenant)
    facts: dict[str, Any] = {
        "tenant": told.tenant, "side": "tenant" if desk.owner else "central",
        "regions": list(desk.settings.regions) or [told.region], "region": told.region,
        "known_accounts": list(known.accounts if known else ()), "accounts": list(told.accounts),
        "application": told.application, "environment": told.environment, "contacts": ", ".join(told.contacts),
        "data_class": told.data_class, "reason": "", "services": list(told.services), "client_side": False,
    }  # fmt: skip
    return Wish(NAME, told.tenant, facts, told.tenant, told.application)


def _before(name: str) -> Callable[[Known], Any]:
    """What was answered the last time, else what is known."""

    def value(known: Known) -> Any:
        try:
            return known.answers["describe"][name]
        except NotKnownYet:
            return known.facts.get(name) or None

    return value


def fields(known: Known) -> tuple[Field, ...]:
    accounts = tuple(known.facts.get("known_accounts", ()))
    several = Kind.MANY if accounts else Kind.TEXT
    return (
        Field("application", default=_before("application")),
        Field("environment", default=_before("environment")),
        Field("accounts", several, default=_before("accounts"), choices=accounts),
        Field("region", Kind.CHOICE, default=_before("region"), choices=tuple(known.facts.get("regions", ()))),
        Field("services", Kind.MANY, default=_before("services"), choices=tuple(OFFERED), required=False),
        Field("client_side", Kind.YES_NO, default=_before_flag),
        Field("contacts", default=_before("contacts"), required=False),
        Field("data_class", default=_before("data_class"), required=False),
        Field("reason", default=_before("reason")),
    )


def _before_flag(known: Known) -> bool:
    return bool(_before("client_side")(known))


def _wanted(ctx: Context, desk: Requesting) -> Wanted:
    told = {
        name: ", ".join(value) if isinstance(value, list) else ("yes" if value is True else value or "")
        for name, value in ctx.answers["describe"].items()
    }
    if not ctx.answers["describe"].get("services") and told["client_side"] != "yes":
        raise UsageError("request.no_use")
    return desk.wish(told | {"tenant": ctx.facts["tenant"]})


def describe(ctx: Context) -> Json:
    """What stands in the way is said here, and the form is asked again."""
    desk: Requesting = ctx.house.requesting()
    found = desk.look(_wanted(ctx, desk))
    if found.problems:
        raise UsageError(found.problems[0].key, **found.problems[0].values)
    price = found.price
    return {
        "path": " / ".join(found.wanted.path), "alias": found.alias, "price": f"{price.total} {price.currency}",
        "month": f"{price.month} {price.currency}", "services": ", ".join(found.wanted.services) or "–",
        "accounts": ", ".join(found.wanted.accounts),
    }  # fmt: skip


def submit(ctx: Context) -> Json:
    """The id follows from the run, so that a second time after a kill is the same request."""
    desk: Requesting = ctx.house.requesting()
    if not ctx.answer["sure"]:
        raise UsageError("request.not_submitted")
    wanted = _wanted(ctx, desk)
    request = desk.submit(wanted, id_of(wanted, ctx.run_id))
    return {"request": request.id, "made_by": request.made_by}


def steps(known: Known) -> tuple[Step, ...]:
    lane = Lane.TENANT if known.facts.get("side") == "tenant" else Lane.CENTRAL
    sure = (Field("sure", Kind.YES_NO, default=True),)
    return (
        Step("describe", describe, lane=lane, ask=fields),
        Step("submit", submit, lane=lane, ask=sure),
    )


WORKFLOW = Workflow(NAME, steps)
