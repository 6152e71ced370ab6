"""What a session may see: everything, or one tenant's or application's branch and nothing of the others'."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.database import Store
    from store.records import Scope

UNNAMED = "–"
"""What stands for a name or an id that is not for these eyes."""

VEILED = "*" * 12
"""What stands for an account of somebody else."""

HIDDEN = """(NOT :whole AND d.tenant_id <> 0
    AND NOT (d.tenant_id = :tenant AND :application IN (0, d.application_id)))"""
"""Whether `data_key AS d`, under a CMK in sight, is somebody else's; its values are `Sight.values`."""

_OTHERS = "SELECT account_id FROM account WHERE tenant NOT IN ('', ?)"
_ACCOUNT = re.compile(r"arn:[\w-]*:[\w-]*:[\w-]*:(?P<arn>\d{12}):[^\s\"'\\,]*|(?<!\d)(?P<alone>\d{12})(?!\d)")
_KEY = re.compile(r"arn:[\w-]*:kms:[\w-]*:\d{12}:key/[\w-]+")

Stray = tuple[int, int, int, str]
"""A data key placed in sight under a CMK out of sight: id, place, application, granularity."""

_STRAYS = """
SELECT d.id, d.place_id, d.application_id, d.granularity
FROM data_key AS d CROSS JOIN cmk AS c ON c.id = d.cmk_id
WHERE d.tenant_id = :tenant AND :application IN (0, d.application_id) AND d.elsewhere = 1
    AND NOT (c.tenant_id = :tenant AND :application IN (0, c.application_id))
ORDER BY d.place_id, d.sort, d.id
"""


_HIDDEN_BELOW = (  # of constants of this module
    f"SELECT d.id FROM data_key AS d WHERE d.cmk_id = :cmk AND d.elsewhere = 1 AND {HIDDEN} ORDER BY d.id"  # noqa: S608
)


class Sight:
    """A scope's names as the store's ids, looked up again whenever the store changes; what few questions need (whose
    accounts are whose, what is placed here under CMKs out of sight) only when it is asked.
    """

    def __init__(self, store: Store, scope: Scope | None) -> None:
        self._store = store
        self._scope = scope
        self._pulse = -1
        self._tenant = 0
        self._application = 0
        self._strays: dict[int, list[Stray]] | None = None
        self._hidden: dict[int, tuple[int, ...]] = {}
        self._others: frozenset[str] | None = None

    @property
    def whole(self) -> bool:
        """Whether there is no scope: all is seen, also what has no place."""
        return self._scope is None

    @property
    def branch(self) -> tuple[int, int]:
        """Ids of tenant and application; (0, 0) without a scope, (-1, 0) when the store does not know it."""
        self._look()
        return self._tenant, self._application

    @property
    def values(self) -> dict[str, int]:
        """For conditions that name them: `whole` and the branch's `tenant` and `application`."""
        tenant, application = self.branch
        return {"whole": self.whole, "tenant": tenant, "application": application}

    def veil(self, text: str) -> str:
        """The text (a policy, a value) without the accounts of other tenants, and without ARNs in them."""
        if self._scope is None or not text:
            return text
        others = self._accounts_of_others(self._scope)
        return _ACCOUNT.sub(lambda found: VEILED if (found["arn"] or found["alone"]) in others else found[0], text)

    def veil_keys(self, text: str) -> str:
        """The text without the CMKs of somebody else, nor what `veil` takes out: evidence may name what is not seen."""
        if self._scope is None or not text:
            return text
        return self.veil(_KEY.sub(lambda found: UNNAMED if self._is_foreign(found[0]) else found[0], text))

    def _is_foreign(self, arn: str) -> bool:
        """Whether a CMK belongs to somebody out of sight; what is nobody's is no secret of theirs."""
        find = "SELECT tenant_id, application_id FROM cmk WHERE arn = ?"
        row = self._store.reader().execute(find, (arn,)).fetchone()
        return row is not None and bool(row[0]) and not self.covers(*row)

    def covers(self, tenant_id: int, application_id: int) -> bool:
        """Whether something placed there is in sight."""
        if self._scope is None:
            return True
        tenant, application = self.branch
        return tenant_id == tenant and application in {0, application_id}

    def covers_place(self, level: int, tenant_id: int, application_id: int) -> bool:
        """The same for a place itself: the tenant above a visible application is seen too."""
        if level == 1 and self._scope is not None:
            return tenant_id == self.branch[0]
        return self.covers(tenant_id, application_id)

    def strays(self, place_id: int) -> list[Stray]:
        """Data keys of this place under CMKs that are out of sight, in order; without a scope there are none."""
        if self._scope is None:
            return []
        return self._placed_here().get(place_id, [])

    def strays_below(self, place_id: int, level: int) -> list[Stray]:
        """Those of the place and of all places below it."""
        if self._scope is None:
            return []
        every = [stray for strays in self._placed_here().values() for stray in strays]
        if level == 1:
            return every
        return [stray for stray in every if place_id in (stray[1], stray[2])]

    def hidden_below(self, cmk_id: int) -> tuple[int, ...]:
        """Ids of the data keys under a CMK in sight that are somebody else's, in their order: the last, by id. Their
        names would say, by where they stand, what they begin with.
        """
        if self._scope is None:
            return ()
        self._look()
        if cmk_id not in self._hidden:
            rows = self._store.reader().execute(_HIDDEN_BELOW, self.values | {"cmk": cmk_id})
            self._hidden[cmk_id] = tuple(row[0] for row in rows)
        return self._hidden[cmk_id]

    def _look(self) -> None:
        if self._scope is None:
            return
        pulse = self._store.pulse()
        if pulse == self._pulse:
            return
        self._tenant, self._application = self._ids(self._scope)
        self._strays = self._others = None
        self._hidden = {}
        self._pulse = pulse

    def _accounts_of_others(self, scope: Scope) -> frozenset[str]:
        self._look()
        if self._others is None:
            rows = self._store.reader().execute(_OTHERS, (scope.tenant,))
            self._others = frozenset(row[0] for row in rows)
        return self._others

    def _placed_here(self) -> dict[int, list[Stray]]:
        self._look()
        if self._strays is None:
            found: dict[int, list[Stray]] = {}
            branch = {"tenant": self._tenant, "application": self._application}
            for stray in self._store.reader().execute(_STRAYS, branch):
                found.setdefault(stray[1], []).append(stray)
            self._strays = found
        return self._strays

    def _ids(self, scope: Scope) -> tuple[int, int]:
        find = "SELECT id FROM place WHERE parent_id = ? AND name = ?"
        reader = self._store.reader()
        tenant = reader.execute(find, (0, scope.tenant)).fetchone()
        if tenant is None or not scope.application:
            return (tenant[0], 0) if tenant else (-1, 0)
        application = reader.execute(find, (tenant[0], scope.application)).fetchone()
        return (tenant[0], application[0]) if application else (-1, 0)
