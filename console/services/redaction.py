"""What the support desk does not see: what is for administrators, on a card's rule, wherever it would stand.

A card that a tenant may get holds state, dates, ids and counts. It does not hold key policies, tags, descriptions,
what a scan noted besides, the words in which AWS refused something, whom a tenant named to call, or why somebody let
a finding be. A role that may not make an internal card sees none of these on its screens either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from console.policy import redacts
from store.answers import Fact
from store.sight import UNNAMED

if TYPE_CHECKING:
    from console.settings import Settings
    from store.answers import DataKey, Sheet
    from store.faults import Finding
    from store.records import Gap

_SECTIONS = frozenset({"section.policy", "section.tags", "section.detail"})
_FACTS = frozenset({"fact.description"})
_POLICY_RULES = "policy_"
_WITHHELD = (Fact("fact.note", "sheet.redacted", "textkey", why="why.redacted"),)


class Redactor:
    """Takes out of an answer what the session's role may not see; for all other roles answers stay as they are."""

    def __init__(self, settings: Settings) -> None:
        self._on = redacts(settings.role)

    def sheet(self, sheet: Sheet) -> Sheet:
        """Without the facts and the raw form; a section that is withheld says so."""
        if not self._on:
            return sheet
        sections = tuple(
            (name, _WITHHELD if name in _SECTIONS else tuple(fact for fact in facts if fact.label not in _FACTS))
            for name, facts in sheet.sections
        )
        return replace(sheet, sections=sections, raw="")

    def data_key(self, key: DataKey) -> DataKey:
        return replace(key, facts=replace(key.facts, detail=())) if self._on else key

    def gaps(self, gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
        """AWS's code says enough; its words name who asked."""
        return tuple(replace(gap, message="") for gap in gaps) if self._on else gaps

    def finding(self, finding: Finding) -> Finding:
        """Without the principals of a policy, and without the reason for which it was let be."""
        if not self._on:
            return finding
        ack = replace(finding.ack, reason=UNNAMED) if finding.ack else None
        if not finding.rule.startswith(_POLICY_RULES):
            return replace(finding, ack=ack)
        values = tuple((name, told if isinstance(told, int) else UNNAMED) for name, told in finding.values)
        return replace(finding, ack=ack, values=values, expected="", found="")

    @property
    def closed_rules(self) -> str:
        """What the rules begin with of whose findings the two sides are withheld; '' where all are shown."""
        return _POLICY_RULES if self._on else ""

    def contact(self, told: str) -> str:
        """Whom the tenant itself named."""
        return "" if self._on else told
