"""The Resource Groups Tagging API's GetResources, which must know our KMS keys beside moto's resources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.message import Request, Response, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from console.sandbox.call import Call

TARGET = "ResourceGroupsTaggingAPI_20170126.GetResources"
KMS = {"kms", "kms:key"}
PAGE = 100
_OURS = "kms-"  # our own part of the listing starts with this in a PaginationToken


def answer(call: Call, request: Request, forward: Callable[[Request], Response]) -> Response:
    """One page of tagged resources: moto's first, then KMS keys; `forward` is moto.

    Raises:
        AwsError: InvalidParameterException, PaginationTokenExpiredException.
    """
    asked = request.document()
    types, token = asked.get("ResourceTypeFilters") or [], asked.get("PaginationToken") or ""
    if token.startswith(_OURS) or (types and set(types) <= KMS):
        return json_answer(_keys(call, asked, token))
    done = forward(request)
    page = json.loads(done.body)
    if done.status == 200 and not page.get("PaginationToken") and (not types or KMS & set(types)):
        page["PaginationToken"] = f"{_OURS}0"
        return json_answer(page)
    return done


def _keys(call: Call, asked: dict[str, Any], token: str) -> dict[str, Any]:
    size = asked.get("ResourcesPerPage", PAGE)
    if not isinstance(size, int) or not 1 <= size <= PAGE:
        raise AwsError("InvalidParameterException", "ResourcesPerPage must be between 1 and 100")
    page: list[dict[str, Any]] = []
    for place, arn, tags in _tagged(call, _position(token)):
        if len(page) == size:
            return {"ResourceTagMappingList": page, "PaginationToken": f"{_OURS}{place}"}
        if _wanted(tags, asked.get("TagFilters") or []):
            page.append({"ResourceARN": arn, "Tags": tags})
    return {"ResourceTagMappingList": page, "PaginationToken": ""}


def _position(token: str) -> int:
    if token and not token.removeprefix(_OURS).isdigit():
        raise AwsError("PaginationTokenExpiredException", "PaginationToken is not valid")
    return int(token.removeprefix(_OURS) or 0)


def _tagged(call: Call, start: int) -> Iterator[tuple[int, str, list[dict[str, str]]]]:
    """(position among all keys, ARN, tags) of the account's tagged keys; AWS never lists untagged ones."""
    arns = list(_arns(call))
    for position in range(start, len(arns)):
        asked = {"KeyId": arns[position], "Limit": 50}
        tags = call.kms.call(call.caller, call.region, "ListResourceTags", asked)["Tags"]
        if tags:
            yield position, arns[position], [{"Key": t["TagKey"], "Value": t["TagValue"]} for t in tags]


def _arns(call: Call) -> Iterator[str]:
    asked: dict[str, Any] = {"Limit": 1000}
    while True:
        page = call.kms.call(call.caller, call.region, "ListKeys", asked)
        yield from (key["KeyArn"] for key in page["Keys"])
        if not page.get("Truncated"):
            return
        asked["Marker"] = page["NextMarker"]


def _wanted(tags: list[dict[str, str]], filters: list[dict[str, Any]]) -> bool:
    held = {tag["Key"]: tag["Value"] for tag in tags}
    return all(one["Key"] in held and (not one.get("Values") or held[one["Key"]] in one["Values"]) for one in filters)
