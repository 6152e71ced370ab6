"""Verdicts by hand, as a run would have kept them."""

from store.verdicts import Judged, Verdict, Verdicts


def verdict_on(holder, verdict=Verdict.PROVEN, at=0, run_id="run-1", **more):
    """A verdict on what `holder` (DataKeyFacts) holds now; `was` is what held the data before, itself if not told."""
    names = {"tenant": holder.placement.tenant, "application": holder.placement.application}
    told = {
        "was": holder.resource_id,
        "route": "put",
        "reason": f"verdict.{verdict}",
        "cmk": holder.key_ref,
        "by": "jan",
    }
    where = (holder.kind, holder.resource_id, holder.account_id, holder.region)
    return Judged(run_id, *where, **told | names | {"verdict": Verdict(verdict), "at": at} | more)


def keep(store, *verdicts):
    for each in verdicts:
        Verdicts(store).add(each)
