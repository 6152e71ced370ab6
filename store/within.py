"""Which CMKs lie within a node and are in sight, as a condition on `cmk AS c` that goes by an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.records import ROOT, Kind

if TYPE_CHECKING:
    from store.records import NodeRef
    from store.sight import Sight

Where = tuple[str, dict[str, int]]

_CONDITIONS = {
    Kind.TENANT: "c.tenant_id = :id",
    Kind.APPLICATION: "c.tenant_id = (SELECT tenant_id FROM place WHERE id = :id) AND c.application_id = :id",
    Kind.CMK: "c.id = :id",
    Kind.DATA_KEY: "c.id = (SELECT cmk_id FROM data_key WHERE id = :id)",
}


def condition(sight: Sight, within: NodeRef | None) -> Where:
    """The condition and its values; None or ROOT: everything in sight. The CMK above stands for a data key."""
    if within is None or within == ROOT:
        inside, values = "1", {}
    else:
        inside, values = _CONDITIONS.get(within.kind, "c.place_id = :id"), {"id": within.id}
    if sight.whole:
        return inside, values
    tenant, application = sight.branch
    seen = "c.tenant_id = :seen_tenant AND :seen_application IN (0, c.application_id)"
    return f"{inside} AND {seen}", values | {"seen_tenant": tenant, "seen_application": application}
