"""What could not be seen, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.text import Text
    from store.records import Gap

NAMED = 3
"""Services named of those that could not be read together."""


def gap_lines(gaps: Iterable[Gap], text: Text) -> list[tuple[int, str]]:
    """What could not be seen, with the moment since when: a line for each account, Region and reason, and one alone
    for an account that is shut.
    """
    shut, parts = dict[tuple[str, str, str], int](), dict[tuple[str, str, str, str, int], list[str]]()
    for gap in gaps:
        tenant, account = gap.tenant or text.t("sync.central"), gap.part.account_id
        if gap.shut:
            since = shut.get((tenant, account, gap.code), gap.since)
            shut[tenant, account, gap.code] = min(since, gap.since)
        else:
            what = parts.setdefault((tenant, account, gap.part.region, gap.code, gap.since), [])
            what.append(text.t(f"slice.{gap.part.what}"))
    told = [(since, text.t("sync.shut", tenant=t, account=a, code=code)) for (t, a, code), since in shut.items()]
    return told + [
        (since, text.t("sync.gap", tenant=tenant, account=account, region=region, what=_few(what), code=code))
        for (tenant, account, region, code, since), what in parts.items()
    ]


def _few(what: list[str]) -> str:
    """The first of them by name, the rest as a number: who may see nothing need not hear of every service."""
    more = f" (+{len(what) - NAMED})" if len(what) > NAMED else ""
    return f"{', '.join(what[:NAMED])}{more}"
