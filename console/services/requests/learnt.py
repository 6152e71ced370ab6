"""One CMK as a sync would tell it, read right after it was made."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from console.aws import kms
from console.services import answers
from console.services.exchange.plain import WrongShape, plain, record
from console.services.placement import Placer
from store.harvest import Alias, CmkFacts, Placement

if TYPE_CHECKING:
    from console.settings import Settings


def facts_of(client: Any, arn: str, aliases: tuple[str, ...], settings: Settings, now: int) -> CmkFacts:
    """All facets, at one moment. Raises AwsRefusal, ConsoleError."""
    _, _, _, region, account, resource = arn.split(":", 5)
    facts = CmkFacts(resource.removeprefix("key/"), arn, account, region, Placement())
    facts = answers.described(facts, kms.describe_key(client, arn), now)
    facts = answers.rotation(facts, kms.rotation_status(client, arn), now)
    tags = kms.list_tags(client, arn)
    head = arn.partition(":key/")[0]
    return replace(
        facts,
        materials=kms.list_rotations(client, arn), materials_at=now,
        policy=kms.key_policy(client, arn), policy_at=now,
        tags=tuple(sorted(tags.items())), placement=Placer(settings).cmk(tags, aliases),
        aliases=tuple(Alias(name, f"{head}:{name}", now, now) for name in aliases),
    )  # fmt: skip


def told(facts: CmkFacts) -> str:
    """The facts as JSON for the tenant's own tree, without the policy, as a published snapshot tells them."""
    return json.dumps(plain(replace(facts, policy=None, policy_at=0)), ensure_ascii=False)


def understood(text: str) -> CmkFacts | None:
    """The facts that such a text tells; None where it tells none."""
    try:
        facts: CmkFacts = record(CmkFacts, json.loads(text))
    except (ValueError, RecursionError, WrongShape):
        return None
    return facts
