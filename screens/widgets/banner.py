"""The line that is always there: who, how, on what, how old, and what could not be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from console.text import inert
from console.text.words import DAY
from screens.widgets.painted import OneLine, Piece
from store.records import unseen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.assembly import Desk
    from console.text import Text
    from store.records import Overview, SyncRun


class Banner(OneLine):
    """Role and mode left; account or SANDBOX, age of the data and gaps right."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._overview: Overview | None = None

    def show(self, overview: Overview) -> None:
        self._overview = overview
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        """Where it is narrow our own name goes first, then the age: who is at work, and how, is always told."""
        for named, aged in ((width >= 70, True), (False, True), (False, False)):
            left, right = self._left(width, named=named), self._right(width, aged=aged)
            if sum(cell_len(words) for words, _ in (*left, *right)) <= width:
                break
        return left, right

    def _left(self, width: int, *, named: bool) -> list[Piece]:
        desk, text = self._desk, self._desk.text
        name = " kms-console  " if named else " "
        role = f"{text.t(f'role.{desk.session.role.value}')} · "
        pieces: list[Piece] = [(name, "strong"), (role, "head"), self._mode(width)]
        if desk.settings.moment is not None and width < 100:
            # Which day this is matters more than the rest of the line.
            pieces = [(" ", ""), self._mode(width), (f" {role}".rstrip(" ·"), "head")]
        if desk.session.scope:
            scope = " / ".join(p for p in (desk.session.scope.tenant, desk.session.scope.application) if p)
            pieces.append((f" · {inert(scope)}", "head"))
        return pieces

    def _mode(self, width: int) -> Piece:
        """Read-only, WRITE, or unmistakably the past."""
        desk, text = self._desk, self._desk.text
        if desk.settings.moment is not None:
            moment = desk.settings.moment
            if width >= 100:
                return text.t("banner.past", date=text.clock(moment)), "past"
            return text.t("banner.past_short", date=text.date(moment)), "past"
        return (text.t("mode.write"), "bad") if desk.session.write else (text.t("mode.read"), "head")

    def _right(self, width: int, *, aged: bool) -> list[Piece]:
        desk, text = self._desk, self._desk.text
        where = "SANDBOX" if desk.settings.sandbox else desk.settings.central_account
        region = ",".join(desk.settings.regions) if width >= 100 else ""
        pieces: list[Piece] = [(f"   {where} {inert(region)}".rstrip(), "warn" if desk.settings.sandbox else "head")]
        seen = self._overview
        if seen is not None:
            pieces.append((f"   {self._age(seen)}" if aged else "  ", "head"))
            if seen.taken is not None and width >= 120:
                pieces.append((f" {text.t('banner.pulls')}", "dim"))
            if seen.gaps:
                pieces.append((f" · {text.n('banner.gaps', unseen(seen.gaps))}", "warn"))
        return pieces

    def _age(self, seen: Overview) -> str:
        text = self._desk.text
        if seen.running:
            return _progress(seen.running, text)
        if seen.last_sync and seen.last_sync.state == "failed":
            return text.t("banner.failed")
        if seen.taken is not None:
            return self._published(seen.taken.made_at)
        if seen.last_sync is None:
            return text.t("banner.never")
        return text.t("banner.age", age=text.ago(seen.last_sync.finished_at or seen.last_sync.started_at))

    def _published(self, made_at: int) -> str:
        """How old the snapshot is, said as stale when none so old would be taken any more."""
        text, days = self._desk.text, self._desk.settings.exchange.max_age_days
        stale = bool(days) and text.now() - made_at > days * DAY
        return text.t("banner.published_stale" if stale else "banner.published", age=text.ago(made_at))


def _progress(run: SyncRun, text: Text) -> str:
    share = f"{100 * run.done // run.total}%" if run.total else "…"
    return text.t("banner.syncing", share=share)


GAP = "   "
"""Between two hints, in the texts as on screen."""


class Hints(OneLine):
    """The last line: the keys that matter here, as many as fit whole. The last one, the way out, is always there, and
    so is help: the first to go stands before them.
    """

    def __init__(self, hints: str) -> None:
        super().__init__()
        self.hints = hints

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        return [(f" {fitting(self.hints, width - 1)}", "dim")], ()


def fitting(hints: str, width: int) -> str:
    """The hints of which a line of that many cells has room."""
    parts = hints.split(GAP)
    while cell_len(GAP.join(parts)) > width and len(parts) > 1:
        spare = [at for at, part in enumerate(parts[:-1]) if not part.startswith("? ")]
        if not spare:
            break
        del parts[spare[-1]]
    return GAP.join(parts)
