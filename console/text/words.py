"""One language's words: text keys to sentences, and dates, ages, numbers and statuses as people read them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from console.text.inert import inert
from store.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal
    from gettext import GNUTranslations

    from store.answers import Fact
    from store.run_records import Sentence

DAY = 86400

SYMBOLS = {
    Status.ENABLED: "●",
    Status.ROTATING: "◐",
    Status.DISABLED: "○",
    Status.PENDING_DELETION: "✕",
    Status.PENDING_IMPORT: "◌",
    Status.UNAVAILABLE: "✕",
    Status.CREATING: "◌",
    Status.UPDATING: "◌",
    Status.ENCRYPTED: "●",
    Status.UNENCRYPTED: "○",
    Status.AWS_MANAGED: "◇",
    Status.FOREIGN: "◆",
    Status.EMPTY: "·",
    Status.NO_CMK: "!",
    Status.STALE: "…",
    Status.FORBIDDEN: "?",
    Status.NOT_APPLICABLE: "–",
    Status.UNKNOWN: "?",
    Status.NONE: "",
}
"""One sign per state; the word always stands beside it."""


@lru_cache(maxsize=4)
def _catalogue(lang: str) -> GNUTranslations:
    from gettext import GNUTranslations

    with (Path(__file__).parent / f"{lang}.mo").open("rb") as file:
        return GNUTranslations(file)


class Text:
    """The words of one language. `now` gives the present in epoch seconds, for ages and distances."""

    def __init__(self, lang: str, now: Callable[[], float] = time.time) -> None:
        self.lang = lang
        self._now = now
        self._words = _catalogue(lang)

    def speaking(self, lang: str) -> Text:
        """The same present in another language."""
        return Text(lang, self._now)

    def t(self, key: str, **values: object) -> str:
        """The sentence of `key`, its `{names}` filled with `values` made inert; an unknown key stands for itself.

        What the sentence calls `{name:label}` is itself the key of a text.
        """
        template = self._words.gettext(key)
        return template.format(**self._safe(values, template)) if values else template

    def recall(self, key: str) -> str:
        """The sentence of `key` where its values are no longer known: an ellipsis stands for each."""
        return self._words.gettext(key).format_map(_Forgotten())

    def said(self, sentence: Sentence) -> str:
        """A recorded sentence; what it does not know is left open with an ellipsis."""
        template = self._words.gettext(sentence.key)
        return template.format_map(_Forgotten(self._safe(sentence.values, template)))

    def n(self, key: str, count: int, **values: object) -> str:
        """The form of `key` that goes with `count`, which fills `{count}`."""
        template = self._words.ngettext(key, key, count)
        return template.format(count=self.number(count), **self._safe(values, template))

    def _safe(self, values: Mapping[str, object], template: str) -> dict[str, object]:
        told = {name: inert(value) if isinstance(value, str) else value for name, value in values.items()}
        if _LABEL not in template:
            return told
        return {
            name: _Word(each, self._words.gettext) if isinstance(each, str) else each for name, each in told.items()
        }

    def has(self, key: str) -> bool:
        return self._words.gettext(key) != key

    @staticmethod
    def number(value: int) -> str:
        """Groups of three, parted by a thin no-break space."""
        return f"{value:,}".replace(",", "\u202f") if value >= 10_000 else str(value)

    def money(self, amount: Decimal, currency: str) -> str:
        """`12 345,00 USD` in Dutch, `12,345.00 USD` in English."""
        shown = f"{amount:,.2f}"
        if self.lang == "nl":
            shown = shown.replace(",", "\u202f").replace(".", ",")
        return f"{shown} {inert(currency)}"

    @staticmethod
    def date(moment: int | None) -> str:
        """ISO date in UTC, as AWS counts its days; – when there is none."""
        return "–" if moment is None else time.strftime("%Y-%m-%d", time.gmtime(moment))

    @staticmethod
    def clock(moment: int | None) -> str:
        return "–" if moment is None else time.strftime("%Y-%m-%d %H:%M", time.gmtime(moment)) + " UTC"

    def now(self) -> int:
        """The present in epoch seconds."""
        return int(self._now())

    def clock_now(self) -> str:
        """The present as hours, minutes and seconds, UTC; for a log on screen."""
        return time.strftime("%H:%M:%S", time.gmtime(self._now()))

    def when(self, moment: int | None) -> str:
        """`2027-03-14 · over 111 d`; `2026-03-14 · 255 d geleden`."""
        if moment is None:
            return "–"
        days = moment // DAY - int(self._now()) // DAY
        key = "when.today" if days == 0 else "when.ahead" if days > 0 else "when.past"
        return f"{self.date(moment)} · {self.t(key, days=abs(days))}"

    def ago(self, moment: int | None) -> str:
        """`2 min geleden`, in the largest whole unit."""
        if not moment:
            return self.t("ago.never")
        seconds = max(0, int(self._now()) - moment)
        for unit, size in (("days", DAY), ("hours", 3600), ("minutes", 60)):
            if seconds >= size:
                return self.t(f"ago.{unit}", n=seconds // size)
        return self.t("ago.now")

    def span(self, since: int) -> str:
        """`3 j 5 m` between `since` and now."""
        months = max(0, int(self._now()) - since) // (DAY * 30)
        return self.t("span.years", years=months // 12, months=months % 12)

    def status(self, status: Status) -> str:
        """Sign and word: `● ingeschakeld`."""
        if status is Status.NONE:
            return ""
        return f"{SYMBOLS[status]} {self.t(f'status.{status.value}')}"

    def fact(self, fact: Fact) -> str:
        """The value of a fact as one inert line."""
        value = fact.value
        if value is None:
            return "–"
        if fact.form == "textkey":
            return self.t(str(value), **{name: self._filled(v) for name, v in fact.values})
        if fact.form == "strip":
            return " · ".join(f"{span}: {self._filled(count)}" for span, count in fact.values)
        if fact.form == "status":
            return self.status(Status(str(value)))
        if fact.form == "flag":
            return self.t("flag.yes" if value else "flag.no")
        if fact.form == "date" and isinstance(value, int):
            return self.when(value)
        if fact.form == "days" and isinstance(value, int):
            return self.n("count.days", value)
        if fact.form == "count" and isinstance(value, int):
            return self.number(value)
        return inert(str(value))

    def _filled(self, value: str | int) -> str:
        """Epoch seconds among a sentence's values are shown as dates; small numbers as themselves."""
        if isinstance(value, int):
            return self.date(value) if value > 10**8 else self.number(value)
        return value


class _Forgotten(dict[str, object]):
    def __missing__(self, key: str) -> _Word:
        return _Word("…", str)


_LABEL = ":label}"


@dataclass(frozen=True, slots=True)
class _Word:
    """A value that a sentence may ask for by the text that it is the key of; what is no key stands for itself."""

    value: str
    look_up: Callable[[str], str]

    def __format__(self, form: str) -> str:
        return self.look_up(self.value) if self.value and form == _LABEL[1:-1] else format(self.value, form)
