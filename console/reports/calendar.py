"""What a day of the calendar says, in words: numbers first, then what somebody has to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.services.calendar import date_of
from console.text import inert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.services.calendar import Agenda
    from console.terms import Freeze
    from console.text import Text
    from store.dates import Day

Part = tuple[str, str]
"""Words, and the name of their look."""

_PARTS = (("late", "bad"), ("aged", "bad"), ("come", ""), ("paused", "warn"), ("aging", "warn"), ("rotated", "dim"),
          ("made", "dim"))  # fmt: skip


def mark(day: Day) -> tuple[str, str]:
    """The sign of what stands out most on a day, and its look; the words beside it say the same."""
    if day.behind:
        return "!", "bad"
    if day.clashes:
        return "×", "warn"
    return ("░", "accent") if day.frozen else ("", "")


def day_parts(agenda: Agenda, day: Day, text: Text) -> Iterator[Part]:
    """`1 achterstallig`, `3 HBK-rotaties`, `1 botsing`, `bevroren: Eindejaar`."""
    for name, look in _PARTS:
        if number := getattr(day, name):
            yield text.n(f"calendar.day.{name}", number), look
    if day.clashes:
        yield text.n("calendar.day.clashes", day.clashes), "warn"
    closed = agenda.closed(day.day)
    if closed is not None:
        yield text.t("calendar.frozen", reason=inert(closed.reason) or text.t("calendar.no_reason")), "accent"
    elif day.frozen:
        yield text.n("calendar.day.frozen", day.frozen), "accent"


def named_day(day: int, text: Text) -> str:
    """`wo 2026-12-09`."""
    date = date_of(day)
    return f"{weekday(day, text)} {date.isoformat()}"


def weekday(day: int, text: Text) -> str:
    return text.t(f"calendar.weekday.{date_of(day).weekday()}")


def month_name(month: int, text: Text) -> str:
    return text.t(f"calendar.month.{month}")


def settings_text(agenda: Agenda, text: Text) -> list[str]:
    """What the signs of the calendar mean, by the settings of this organisation."""
    terms = agenda.terms
    lines = [text.t("calendar.legend.numbers"), text.t("calendar.legend.late")]
    if terms.clash_application or terms.clash_tenant:
        limits = {"application": terms.clash_application, "tenant": terms.clash_tenant}
        lines.append(text.t("calendar.legend.clash", **limits))
    lines.append(text.t("calendar.legend.frozen"))
    lines += [f"  {_days(each)}  {inert(each.reason)}  {inert(each.tenant)}".rstrip() for each in agenda.freezes]
    lines.append(text.t("calendar.legend.ages" if terms.age.any else "calendar.legend.no_ages"))
    return lines


def _days(freeze: Freeze) -> str:
    def shown(day: tuple[int, int, int]) -> str:
        return (f"{day[0]}-" if day[0] else "") + f"{day[1]:02}-{day[2]:02}"

    return f"{shown(freeze.first)} … {shown(freeze.last)}"
