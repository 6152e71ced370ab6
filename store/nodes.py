"""Rows as the lines of the tree; the columns that each kind of line needs, and the words for their state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.records import COPIES, GROUPS, UNASSIGNED, Counts, Generation, Kind, Node, NodeRef, Status
from store.sight import UNNAMED
from store.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.sight import Sight, Stray

Row = tuple[Any, ...]

UNASSIGNED_NAME = "unassigned"
"""The line for what has no place; screens name it in the reader's language by its kind."""

PLACE_COLUMNS = (
    "id, level, name, cmks, data_keys, groups, copies, places, own_cmks, loose, stale, tenant_id, application_id,"
    " parent_id"
)
CMK_COLUMNS = (
    "id, name, key_id, state, rotation_started, data_keys, groups, copies, stale, place_reason, place_id,"
    " tenant_id, application_id"
)
DATA_KEY_COLUMNS = (
    "id, name, resource_id, status, stale, place_reason, elsewhere, cmk_id, place_id, tenant_id, application_id,"
    " generation, generation_to, generation_exact,"
    " ifnull((SELECT max(m.generation) FROM material AS m WHERE m.cmk_id = data_key.cmk_id), 0), verdict, verdict_at"
)

LEVEL_KINDS = (Kind.UNASSIGNED, Kind.TENANT, Kind.APPLICATION, Kind.ENVIRONMENT)
"""Kinds of places by their level; level 0 is the place of what has none."""

STATES = {
    "Enabled": Status.ENABLED,
    "Disabled": Status.DISABLED,
    "PendingDeletion": Status.PENDING_DELETION,
    "PendingReplicaDeletion": Status.PENDING_DELETION,
    "PendingImport": Status.PENDING_IMPORT,
    "Unavailable": Status.UNAVAILABLE,
    "Creating": Status.CREATING,
    "Updating": Status.UPDATING,
}
"""KeyState as AWS spells it."""

OTHER_TENANT = "place.other_tenant"
"""Note on a data key under a CMK in sight that belongs to somebody out of sight, whose name is not shown."""

OTHER_CMK = "place.other_cmk"
"""Note on a data key in sight whose CMK is out of sight."""


def cmk_status(state: str, rotation_started: int | None) -> Status:
    """One word for a CMK; a running rotation shows only while the CMK is enabled."""
    status = STATES.get(state, Status.UNKNOWN)
    return Status.ROTATING if status is Status.ENABLED and rotation_started is not None else status


def place_ref(level: int, place_id: int) -> NodeRef:
    return NodeRef(LEVEL_KINDS[level], place_id)


def place_node(row: Row, sight: Sight) -> Node:
    """A tenant, application or environment from PLACE_COLUMNS."""
    id_, level, name, cmks, data_keys, groups, copies, places, own_cmks, loose, stale, *_ = row
    if level == 0:
        counts = Counts(cmks, data_keys, groups, copies)
        return Node(UNASSIGNED, UNASSIGNED_NAME, counts=counts, children=own_cmks + loose, stale=bool(stale))
    counts = with_strays(Counts(cmks, data_keys, groups, copies), sight.strays_below(id_, level))
    children = places + own_cmks + loose + len(sight.strays(id_))
    return Node(place_ref(level, id_), name, "", _place_status(level, counts, children), counts, children, bool(stale))


def _place_status(level: int, counts: Counts, children: int) -> Status:
    if level == 2 and not children:
        return Status.EMPTY
    return Status.NO_CMK if level == 3 and not counts.cmks else Status.NONE


def with_strays(counts: Counts, strays: Iterable[Stray]) -> Counts:
    """The counts and those data keys besides."""
    groups = copies = keys = 0
    for *_, granularity in strays:
        groups += granularity in GROUPS
        copies += granularity in COPIES
        keys += granularity not in GROUPS | COPIES
    if not (groups or copies or keys):
        return counts
    return Counts(counts.cmks, counts.data_keys + keys, counts.groups + groups, counts.copies + copies)


def cmk_node(row: Row) -> Node:
    """A CMK from CMK_COLUMNS."""
    id_, name, key_id, state, started, data_keys, groups, copies, stale, reason, *_ = row
    return Node(
        NodeRef(Kind.CMK, id_), name, key_id, cmk_status(state, started),
        Counts(0, data_keys, groups, copies), data_keys + groups + copies, bool(stale), reason,
    )  # fmt: skip


def data_key_node(row: Row, sight: Sight, elsewhere: str) -> Node:
    """A data key from DATA_KEY_COLUMNS; `elsewhere` is the path of its own placement, where that is another."""
    id_, name, resource_id, status, stale, reason, _, cmk_id, _, tenant_id, application_id, *wrapped = row
    hidden = is_hidden(sight, tenant_id, application_id)
    note = OTHER_TENANT if hidden else ("" if cmk_id else reason)
    resource_id = UNNAMED if hidden else resource_id
    shown = resource_id if hidden or not name else name
    return Node(
        NodeRef(Kind.DATA_KEY, id_), shown, resource_id, Status(status), Counts(), 0, bool(stale), note,
        "" if hidden else elsewhere, Generation(wrapped[0], wrapped[1], bool(wrapped[2]), wrapped[3]),
        *told_verdict(*wrapped[4:], hidden=hidden),
    )  # fmt: skip


def told_verdict(verdict: str, at: int | None, *, hidden: bool) -> tuple[Verdict | None, int | None]:
    """The newest verdict on a data key and its date; of somebody else's nothing is told."""
    return (Verdict(verdict), at) if verdict and not hidden else (None, None)


def is_hidden(sight: Sight, tenant_id: int, application_id: int) -> bool:
    """Whether a data key under a visible CMK is somebody else's, and nameless for these eyes."""
    return bool(tenant_id) and not sight.covers(tenant_id, application_id)


def path_text(path: Iterable[str]) -> str:
    return " / ".join(path)
