"""What breaks if, in sentences, as a table and as JSON; the screen says the same sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.reports.report import Report, iso
from console.services.blast_rules import OFF
from console.text.paths import join_path
from store.effects import Scenario, When
from store.records import Counts, Status

if TYPE_CHECKING:
    from console.services.blast import BlastAnswer
    from console.text import Text
    from store.effects import Blast, Contact, Effect, EffectRow, Moment, PlaceEffects

SHOWN = 40
"""Rows that people get to read; --csv and --json have them all."""

_SPANS = ((86400, "blast.days"), (3600, "blast.hours"), (60, "blast.minutes"))


def used_by(answers: list[BlastAnswer], text: Text) -> Report:
    """One scenario with its rows, or, for several, the sentence of each."""
    return _one(answers[0], text) if len(answers) == 1 else _all(answers, text)


# ---- sentences


def span(seconds: int, text: Text) -> str:
    """`2 u`, `7 dagen`: in the largest unit that divides it."""
    size, key = next((size, key) for size, key in _SPANS if seconds % size == 0 or size == 60)
    return text.n(key, seconds // size)


def moment(when: When, seconds: int | None, text: Text) -> str:
    """`nu`, `na 2 uur`, `bij de volgende koppeling`."""
    return text.t(f"blast.when.{when}", span=span(seconds or 0, text))


def touched(counts: Counts, text: Text) -> str:
    """`4 DK's, 4 buckets`; what is none stays out."""
    parts = (("data_keys", counts.data_keys), ("groups", counts.groups), ("copies", counts.copies))
    return ", ".join(text.n(f"count.{name}", count) for name, count in parts if count)


def tally(moments: tuple[Moment, ...], text: Text) -> str:
    """`3 vallen nu uit, 4 bij de volgende koppeling`."""
    return ", ".join(text.n(f"blast.count.{m.when}", m.count, span=span(m.seconds or 0, text)) for m in moments)


def headline(blast: Blast, text: Text) -> str:
    """What the scenario does, in one sentence."""
    values = {"cmk": blast.name, "what": touched(blast.counts, text), "tally": tally(blast.moments, text)}
    if not blast.moments:
        return text.t("blast.headline.none", cmk=blast.name)
    values["places"] = text.n("blast.places", blast.environments) if blast.environments else ""
    off = blast.scenario is Scenario.REPLACE and blast.status in OFF
    return text.t(f"blast.headline.{blast.scenario}{'_off' if off else ''}", **values)


def standing(blast: Blast, text: Text) -> str:
    """What has happened already; '' for a CMK that works."""
    if blast.scenario is Scenario.ROTATE and blast.status in (Status.DISABLED, Status.PENDING_DELETION):
        return text.t("blast.is.not_rotating")
    if blast.status is Status.PENDING_DELETION:
        return text.t("blast.is.pending_deletion", date=text.when(blast.until))
    if blast.status in OFF:
        return text.t(f"blast.is.{blast.status.value}")
    return ""


def undone(blast: Blast, text: Text) -> str:
    return text.t(blast.undo, date=text.date(blast.until))


def cautions(blast: Blast, text: Text) -> list[str]:
    """What keeps these numbers from being the whole truth."""
    found = [text.n("blast.unconfirmed", blast.unconfirmed)] if blast.unconfirmed else []
    found += [text.n("blast.stale", blast.stale)] if blast.stale else []
    return [*found, text.t("blast.unseen")]


def called(contacts: tuple[Contact, ...], text: Text) -> str:
    """Whom to call."""
    return " · ".join(_contact(contact, text) for contact in contacts)


def _contact(contact: Contact, text: Text) -> str:
    if not contact.tenant:
        return text.t("blast.desk", desk=contact.contact)
    return f"{contact.tenant} ({contact.contact})" if contact.contact else contact.tenant


def place(group: PlaceEffects, text: Text) -> str:
    if group.hidden:
        return text.t("blast.hidden")
    name = " / ".join(group.path) or text.t("tree.unassigned")
    return f"! {name}" if group.away else name


def failing(effect: Effect, text: Text) -> str:
    """The moment, and whether the documentation says so."""
    mark = "" if effect.confirmed or effect.when is When.UNKNOWN else f" {text.t('blast.mark')}"
    return moment(effect.when, effect.seconds, text) + mark


def final(effect: Effect, blast: Blast, text: Text) -> str:
    """When the data is lost for good; '' when it never is."""
    if blast.status is Status.PENDING_DELETION and effect.final is not None:
        return text.date(blast.until)
    return "" if effect.final is None else text.t("blast.when.after", span=span(effect.final, text))


# ---- one scenario


def _one(answer: BlastAnswer, text: Text) -> Report:
    blast, rows = answer.blast, list(answer.rows.all())
    rules = [_rule_data(effect, text) for effect in dict.fromkeys(row.effect for row in rows)]
    data = _summary(answer, text) | {"rules": rules, "rows": [_row_data(row) for row in rows]}
    headers = (
        *(text.t(f"column.{name}") for name in ("kind", "label", "name")),
        *(text.t(f"blast.column.{name}") for name in ("own_place", "fails", "lost", "why")),
    )
    cells = tuple(
        (kind(row, text), row.holder.resource_id, row.holder.name, own_place(row, text), failing(row.effect, text),
         final(row.effect, blast, text), text.t(row.effect.reason))
        for row in rows
    )  # fmt: skip
    return Report(data, headers, cells, tuple(_lines(answer, rows, text)))


def _lines(answer: BlastAnswer, rows: list[EffectRow], text: Text) -> list[str]:
    blast = answer.blast
    lines = [headline(blast, text), *([standing(blast, text)] if standing(blast, text) else [])]
    lines += [text.t(f"blast.about.{blast.scenario}"), ""]
    if blast.groups:
        lines += [text.t("blast.by_place"), *(f"  {group_line(group, text)}" for group in blast.groups), ""]
        lines += [text.t("blast.rows"), *(f"  {_row_line(row, text)}" for row in rows[:SHOWN])]
        if len(rows) > SHOWN:
            lines.append("  " + text.n("blast.more", len(rows) - SHOWN))
        lines += ["", *_reasons(rows, text), ""]
    lines += [f"{text.t('blast.label.undo')}  {undone(blast, text)}"]
    lines += [f"{text.t('blast.label.call')}  {called(answer.contacts, text)}", *cautions(blast, text)]
    return lines


def group_line(group: PlaceEffects, text: Text) -> str:
    return f"{place(group, text)} · {touched(group.counts, text)}: {tally(group.moments, text)}"


def _row_line(row: EffectRow, text: Text) -> str:
    holder = row.holder
    name = holder.name if holder.name != holder.resource_id else ""
    parts = (kind(row, text), f"{holder.resource_id} {name}".strip(), failing(row.effect, text))
    away = f"! {own_place(row, text)}" if row.away else ""
    return "   ".join(part for part in (*parts, away) if part)


def _reasons(rows: list[EffectRow], text: Text) -> list[str]:
    """Each rule that is at work once: its sentence, what to do, its source."""
    told = dict.fromkeys(row.effect for row in rows)
    return [
        f"{failing(effect, text)}: {text.t(effect.reason)} {text.t(effect.todo)} [{effect.source}]" for effect in told
    ]


def kind(row: EffectRow, text: Text) -> str:
    return text.t(f"kind.{row.holder.form.granularity}")


def own_place(row: EffectRow, text: Text) -> str:
    return text.t("blast.hidden") if row.holder.hidden else " / ".join(row.holder.path)


# ---- several scenarios


def _all(answers: list[BlastAnswer], text: Text) -> Report:
    first = answers[0].blast
    data = {"cmk": _cmk(first), "scenarios": [_summary(answer, text) for answer in answers]}
    headers = tuple(text.t(f"blast.column.{name}") for name in ("scenario", "fails", "count"))
    rows = tuple(
        (text.t(f"blast.scenario.{a.blast.scenario}"), moment(m.when, m.seconds, text), m.count)
        for a in answers
        for m in a.blast.moments
    )
    state = standing(first, text)
    lines = [*([state, ""] if state else []), *(f"- {headline(answer.blast, text)}" for answer in answers), ""]
    lines += [text.t("blast.ask_one"), *cautions(first, text)[-1:]]
    return Report(data, headers, rows, tuple(lines))


# ---- JSON


def _cmk(blast: Blast) -> dict[str, Any]:
    return {
        "key_id": blast.key_id,
        "arn": blast.arn,
        "name": blast.name,
        "path": join_path((*blast.path, blast.key_id)),
        "status": blast.status.value,
        "deletion_date": iso(blast.until),
    }


def _summary(answer: BlastAnswer, text: Text) -> dict[str, Any]:
    blast, earliest = answer.blast, answer.blast.earliest
    return {
        "cmk": _cmk(blast),
        "scenario": blast.scenario.value,
        "headline": headline(blast, text),
        "counts": _counts_data(blast.counts),
        "moments": [_moment_data(m) for m in blast.moments],
        "earliest": _moment_data(earliest) if earliest else None,
        "undo": undone(blast, text),
        "contacts": [{"tenant": c.tenant, "contact": c.contact} for c in answer.contacts],
        "unconfirmed": blast.unconfirmed,
        "stale": blast.stale,
        "groups": [_group_data(group) for group in blast.groups],
    }


def _counts_data(counts: Counts) -> dict[str, int]:
    return {"data_keys": counts.data_keys, "groups": counts.groups, "copies": counts.copies}


def _moment_data(found: Moment) -> dict[str, Any]:
    return {"when": found.when.value, "seconds": found.seconds, "count": found.count}


def _group_data(group: PlaceEffects) -> dict[str, Any]:
    return {
        "path": join_path(group.path),
        "out_of_sight": group.hidden,
        "elsewhere": group.away,
        "counts": _counts_data(group.counts),
        "moments": [_moment_data(m) for m in group.moments],
    }


def _row_data(row: EffectRow) -> dict[str, Any]:
    holder, effect = row.holder, row.effect
    return {
        "kind": holder.form.kind,
        "granularity": holder.form.granularity,
        "resource_id": holder.resource_id,
        "name": holder.name,
        "account_id": holder.account_id,
        "region": holder.region,
        "path": join_path(holder.path),
        "out_of_sight": holder.hidden,
        "elsewhere": row.away,
        "when": effect.when.value,
        "seconds": effect.seconds,
        "final_seconds": effect.final,
        "confirmed": effect.confirmed,
        "rule": effect.reason,
        "stale": holder.stale,
    }


def _rule_data(effect: Effect, text: Text) -> dict[str, Any]:
    return {
        "rule": effect.reason,
        "why": text.t(effect.reason),
        "todo": text.t(effect.todo),
        "source": effect.source,
        "confirmed": effect.confirmed,
    }
