"""What is proven of data keys: which were rotated, by which evidence. One row a run and holder; never rewritten.
One whose run goes back is withdrawn: it stays on record, and nothing is said by it any more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from store.sight import Sight

if TYPE_CHECKING:
    from store.database import Store
    from store.records import Scope


class Verdict(StrEnum):
    """What the evidence says of a data key. Nothing but PROVEN may be called rotated."""

    PROVEN = "proven"
    REWRAPPED = "rewrapped"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on what `resource_id` holds now; `was` is what held the data before, the same where it stayed.

    `reason` is the text key of why; `facts` is the evidence, JSON without secrets: what AWS told, before and after.
    `tenant` and `application` are names, as a scope has them. `at` is in epoch seconds. `withdrawn`: its run was given
    up, what it changed went back, and nothing is claimed by it any more.
    """

    run_id: str
    kind: str
    resource_id: str
    account_id: str
    region: str
    was: str
    route: str
    verdict: Verdict
    reason: str
    cmk: str
    at: int
    by: str
    tenant: str = ""
    application: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    withdrawn: bool = False

    @property
    def numbers(self) -> tuple[tuple[str, int], ...]:
        """The counts among the evidence, by which the sentence of `reason` is filled."""
        return tuple(numbers(self.facts).items())


def numbers(facts: dict[str, Any]) -> dict[str, int]:
    """The counts among the evidence."""
    return {name: value for name, value in facts.items() if isinstance(value, int)}


TABLES = """
CREATE TABLE verdict (
    run_id TEXT NOT NULL, kind TEXT NOT NULL, resource_id TEXT NOT NULL, account_id TEXT NOT NULL,
    region TEXT NOT NULL, was TEXT NOT NULL, route TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL,
    cmk TEXT NOT NULL, at INTEGER NOT NULL, by_whom TEXT NOT NULL, tenant TEXT NOT NULL, application TEXT NOT NULL,
    facts TEXT NOT NULL, PRIMARY KEY (run_id, resource_id)
) WITHOUT ROWID;
CREATE INDEX verdict_of ON verdict (resource_id, account_id, region, at);
CREATE INDEX verdict_was ON verdict (was, account_id, region, at);
CREATE INDEX verdict_at ON verdict (at)
"""

_COLUMNS = (
    "run_id, kind, resource_id, account_id, region, was, route, verdict, reason, cmk, at, by_whom, tenant,"
    " application, facts"
)
_ADD = f"""
INSERT OR IGNORE INTO verdict ({_COLUMNS}, was_made) VALUES ({", ".join("?" * 15)}, (SELECT made_at FROM data_key
    WHERE (resource_id, account_id, region, kind) = (?, ?, ?, ?)))
"""  # noqa: S608 - of constants
WITHDRAWN = "EXISTS (SELECT 1 FROM run WHERE run.id = {verdict}.run_id AND run.abandoning)"
"""That a verdict went with its run: from the moment that this begins to go back."""

_GONE = WITHDRAWN.format(verdict="verdict")
_SEEN = "(:tenant = '' OR (tenant = :tenant AND :application IN ('', application)))"


class Verdicts:
    """Reads in scope, adds once. Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)
        self._values = {"tenant": scope.tenant if scope else "", "application": scope.application if scope else ""}

    def add(self, judged: Judged) -> None:
        """Keep a verdict, and let what hangs on it follow; the same run's second one on a holder changes nothing."""
        from store.proofs import follow  # which needs all that shows a verdict

        row = (
            judged.run_id, judged.kind, judged.resource_id, judged.account_id, judged.region, judged.was, judged.route,
            judged.verdict, judged.reason, judged.cmk, judged.at, judged.by, judged.tenant, judged.application,
            json.dumps(judged.facts),
        )  # fmt: skip
        with self._store.atomic(durable=True) as connection:
            came = connection.execute(_ADD, (*row, judged.was, judged.account_id, judged.region, judged.kind)).rowcount
            if came:
                follow(connection, [(judged.run_id, judged.resource_id)])

    def withdraw(self, run_id: str) -> None:
        """Let what hangs on a run's verdicts follow, now that it goes back; they stay on record as what they were."""
        from store.proofs import withdraw

        with self._store.atomic(durable=True) as connection:
            withdraw(connection, run_id)

    def latest(self, resource_id: str, account_id: str, region: str) -> Judged | None:
        """The newest verdict on what this resource holds; None: nothing was ever proven of it."""
        where = "resource_id = :resource AND account_id = :account AND region = :region"
        told = {"resource": resource_id, "account": account_id, "region": region}
        found = self._read(f"WHERE {where} AND NOT {_GONE} AND {_SEEN} ORDER BY at DESC LIMIT 1", told)
        return found[0] if found else None

    def replaced(self, resource_id: str, account_id: str, region: str) -> Judged | None:
        """The newest verdict on what took the place of this resource; None: nothing did."""
        where = "was = :resource AND resource_id <> was AND account_id = :account AND region = :region"
        told = {"resource": resource_id, "account": account_id, "region": region}
        found = self._read(f"WHERE {where} AND NOT {_GONE} AND {_SEEN} ORDER BY at DESC LIMIT 1", told)
        return found[0] if found else None

    def of_run(self, run_id: str) -> list[Judged]:
        """What a run proved, by holder."""
        return self._read(f"WHERE run_id = :run AND {_SEEN} ORDER BY resource_id", {"run": run_id})

    def newest(self, limit: int = -1, offset: int = 0) -> list[Judged]:
        """All in sight, the newest first."""
        told = {"limit": limit, "offset": offset}
        return self._read(f"WHERE {_SEEN} ORDER BY at DESC, run_id LIMIT :limit OFFSET :offset", told)

    def _read(self, where: str, values: dict[str, Any]) -> list[Judged]:
        with self._store.snapshot() as reader:
            rows = reader.execute(
                f"SELECT {_COLUMNS}, {_GONE} FROM verdict {where}",  # noqa: S608 - of constants
                self._values | values,
            ).fetchall()
            # As far as it is for these eyes: the data key may stand under somebody else's CMK.
            veil = self._sight.veil_keys
            return [_judged(tuple(veil(told) if isinstance(told, str) else told for told in row)) for row in rows]


def _judged(row: tuple[Any, ...]) -> Judged:
    values = list(row)
    values[7], values[14], values[15] = Verdict(row[7]), json.loads(row[14]), bool(row[15])
    return Judged(*values)
