"""What can be wrong with where data keys stand: under somebody else's CMK, under none, or too many under one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.services.findings.rules import fault
from store.cases import Spot
from store.records import Granularity, Kind, NodeRef, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from store.cases import BareCase, Fault, GapCase, LineageCase, LooseCase, MistaggedCase, PlaceCase, StrayCase


def judge_strays(strays: Sequence[StrayCase], places: dict[int, PlaceCase]) -> Iterator[Fault]:
    """What of other places stands under one CMK: `strays` are all that do.

    One fault, one finding: another tenant's data key is that and nothing else; places without a CMK of their own
    live on this one, which is the CMK's fault, once; a place that has one and does not use it at all is the
    place's fault, once; the rest went astray one by one.
    """
    borrowers: list[StrayCase] = []
    settled: dict[int, list[StrayCase]] = {}
    for stray in strays:
        if stray.own.tenant_id != stray.home.tenant_id:
            yield _astray("dk_other_tenant", stray)
        elif _above(stray, places):
            continue
        elif not stray.own_cmks:
            borrowers.append(stray)
        else:
            settled.setdefault(stray.own.place_id, []).append(stray)
    if borrowers:
        yield _shared(borrowers)
    for found in settled.values():
        if len(found) > 1 and not any(each.own_data for each in found):
            yield _moved_out(found)
        else:
            yield from (_astray(_rule(each), each) for each in found)


def borrowed(strays: Iterable[StrayCase], places: dict[int, PlaceCase]) -> frozenset[int]:
    """The places without a CMK of their own whose data stands under the CMK that these stand under."""
    return frozenset(
        each.own.place_id
        for each in strays
        if each.own.tenant_id == each.home.tenant_id and not each.own_cmks and not _above(each, places)
    )


def _above(stray: StrayCase, places: dict[int, PlaceCase]) -> bool:
    """Whether one place lies in the other: whose tags say less is not elsewhere."""
    return stray.own.place_id in _line(stray.home.place_id, places) or (
        stray.home.place_id in _line(stray.own.place_id, places)
    )


def _line(place_id: int, places: dict[int, PlaceCase]) -> Iterator[int]:
    while place_id and (place := places.get(place_id)):
        yield place_id
        place_id = place.parent_id


def _rule(stray: StrayCase) -> str:
    same = stray.own.application_id == stray.home.application_id
    return "dk_other_environment" if same else "dk_other_application"


def _astray(rule: str, stray: StrayCase) -> Fault:
    return fault(
        rule, NodeRef(Kind.DATA_KEY, stray.id), stray.own, stray.home, cmk_id=stray.cmk_id,
        expected_place=stray.own.place_id, found_place=stray.home.place_id,
        values=(("account", stray.account_id), ("number", stray.number)), since=stray.born,
    )  # fmt: skip


def _shared(borrowers: list[StrayCase]) -> Fault:
    first = borrowers[0]
    others = tuple(sorted({each.own.place_id for each in borrowers}))
    return fault(
        "cmk_shared", NodeRef(Kind.CMK, first.cmk_id), first.home, cmk_id=first.cmk_id,
        expected_place=first.home.place_id, others=others, since=_first(borrowers),
        values=(("number", sum(each.number for each in borrowers)),),
    )  # fmt: skip


def _moved_out(found: list[StrayCase]) -> Fault:
    first = found[0]
    return fault(
        "environment_elsewhere", _place(first), first.own, first.home, cmk_id=first.cmk_id, detail=str(first.cmk_id),
        expected_place=first.own.place_id, found_place=first.home.place_id, since=_first(found),
        values=(("number", sum(each.number for each in found)),),
    )  # fmt: skip


def _place(stray: StrayCase) -> NodeRef:
    return NodeRef((Kind.UNASSIGNED, Kind.TENANT, Kind.APPLICATION, Kind.ENVIRONMENT)[stray.level], stray.own.place_id)


def _first(strays: Iterable[StrayCase]) -> int | None:
    return min((each.born for each in strays if each.born is not None), default=None)


_LOOSE = {
    Status.UNENCRYPTED: "dk_unencrypted",
    Status.AWS_MANAGED: "dk_aws_managed",
    Status.FOREIGN: "dk_foreign_key",
}


def judge_loose(case: LooseCase, bare: frozenset[int]) -> Fault | None:
    """Data under AWS's own key, a key that is not ours, none, or one of ours that is gone.

    In a place of `bare` nobody ever made a CMK, which is the fault; only what is not encrypted at all is one more.
    """
    if case.status == Status.ENCRYPTED:
        rule = "dk_cmk_gone" if case.whole else ""
    elif case.granularity == Granularity.BUCKET and case.status == Status.AWS_MANAGED and not case.key_ref:
        rule = "dk_sse_s3"
    else:
        rule = _LOOSE.get(Status(case.status), "")
    if not rule or (case.own.place_id in bare and rule != "dk_unencrypted"):
        return None
    return fault(
        rule, NodeRef(Kind.DATA_KEY, case.id), case.own, expected_place=case.own.place_id, found=case.key_ref,
        values=(("number", case.number),), since=case.born,
    )  # fmt: skip


def judge_bare(case: BareCase) -> Fault:
    """An environment with data keys, for which there is no CMK: neither its own nor one that it lives on."""
    place = NodeRef(Kind.ENVIRONMENT, case.place_id)
    return fault("environment_without_cmk", place, case.own, values=(("number", case.number),), since=case.born)


def judge_mistagged(case: MistaggedCase) -> Fault | None:
    """Tags that name another tenant than the account's; under another tenant's CMK that is a finding already."""
    if case.cmk_id and case.own.tenant_id != case.home.tenant_id and case.home.tenant_id:
        return None
    return fault("dk_tags_contradict", NodeRef(Kind.DATA_KEY, case.id), case.own, case.home, cmk_id=case.cmk_id)


def judge_lineage(case: LineageCase) -> Fault:
    """One data key for several volumes, or for very many snapshots: who reads one can read all."""
    values = (
        ("volumes", case.volumes), ("snapshots", case.snapshots), ("number", case.volumes + case.snapshots),
    )  # fmt: skip
    return fault(
        "dk_shared", NodeRef(Kind.DATA_KEY, case.id), case.own, case.home, cmk_id=case.cmk_id,
        detail=case.data_key_id, found=case.data_key_id, values=values, since=case.born,
    )  # fmt: skip


def judge_gap(case: GapCase) -> Fault:
    """An account that could not be read, wholly or in part, is one finding."""
    place = NodeRef(Kind.TENANT, case.tenant_id) if case.tenant_id else NodeRef(Kind.UNASSIGNED, 0)
    values = (("account", case.account_id), ("codes", case.codes), ("parts", case.parts), ("number", case.number))
    return fault(
        "sync_gap", place, Spot(case.tenant_id, case.tenant_id), detail=case.account_id, found=case.codes,
        values=values, since=case.since,
    )  # fmt: skip
