"""Which place an alias names, and what follows when that is not where its CMK belongs; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from console.services.findings.cmks import ref
from console.services.findings.rules import fault
from console.services.placement import folded
from store.records import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from store.cases import CmkCase, Fault, PlaceCase

SHORTEST = 2
"""Letters from which a short form of an environment's name is believed: `ti`, `prod`, `acc`."""


class Namesakes:
    """The places by the names that aliases can give them.

    An alias is `…/TENANT/APPLICATION/ENVIRONMENT`, or as the settings' pattern says. It holds no spaces or signs,
    and environments are cut short in it: `prod` is the one environment of the application that begins so.
    """

    def __init__(self, places: Iterable[PlaceCase], pattern: str = "") -> None:
        self._pattern = re.compile(pattern) if pattern else None
        self._ids: dict[tuple[int, str], int] = {}
        self._environments: dict[int, list[tuple[str, int]]] = {}
        for place in places:
            self._ids.setdefault((place.parent_id, folded(place.name)), place.id)
            if place.level == 3:
                self._environments.setdefault(place.parent_id, []).append((_letters(place.name), place.id))

    def place(self, alias: str) -> int:
        """The environment that an alias names; 0 where it names none, or not clearly."""
        parts = self._parts(alias)
        home = self._home(parts)
        return self._environment(home, _letters(parts[2])) if home else 0

    def application(self, alias: str) -> int:
        """The application that it names, whatever its environment; 0 where it names none."""
        return self._home(self._parts(alias))

    def _home(self, parts: tuple[str, str, str]) -> int:
        tenant, application, environment = parts
        owner = self._ids.get((0, folded(tenant)), 0) if environment else 0
        return self._ids.get((owner, folded(application)), 0) if owner else 0

    def _parts(self, alias: str) -> tuple[str, str, str]:
        if self._pattern is not None and (match := self._pattern.fullmatch(alias)):
            told = match.groupdict(default="")
            return told.get("tenant", ""), told.get("application", ""), told.get("environment", "")
        parts = alias.removeprefix("alias/").split("/")
        return ("", "", "") if len(parts) < 3 else (parts[-3], parts[-2], parts[-1])

    def _environment(self, application: int, word: str) -> int:
        names = self._environments.get(application, [])
        exact = [id_ for name, id_ in names if name == word]
        near = exact or [id_ for name, id_ in names if _short(word, name) or _short(name, word)]
        return near[0] if len(near) == 1 else 0


def judge_aliases(
    cmk: CmkCase, namesakes: Namesakes, places: dict[int, PlaceCase], lives_here: frozenset[int]
) -> Iterator[Fault]:
    """Aliases that name another environment than the CMK's own.

    Not of a CMK that is placed by its aliases itself, and not an alias of an environment that lives on this CMK
    (`lives_here`): that the CMK is shared is the fault. Where all aliases name one other place that has no CMK,
    the tags are the likelier mistake.
    """
    if not cmk.spot.place_id or cmk.place_source == Source.INFERRED or places[cmk.spot.place_id].level != 3:
        return
    told = {alias: namesakes.place(alias) for alias in cmk.aliases}
    named = {place for place in told.values() if place}
    away = {alias: place for alias, place in told.items() if place not in {0, cmk.spot.place_id, *lives_here}}
    if len(named) == 1 and away and not places[next(iter(named))].own_cmks:
        alias, place = min(away.items())
        yield _astray("tags_contradict_alias", cmk, alias, place)
        return
    for alias, place in sorted(away.items()):
        yield _astray("alias_astray", cmk, alias, place)


def _astray(rule: str, cmk: CmkCase, alias: str, place: int) -> Fault:
    return fault(
        rule, ref(cmk), cmk.spot, cmk_id=cmk.id, detail=alias, expected_place=cmk.spot.place_id, found_place=place,
        values=(("alias", alias.removeprefix("alias/")),),
    )  # fmt: skip


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _short(word: str, name: str) -> bool:
    return len(word) >= SHORTEST and name.startswith(word)
