"""DynamoDB put right: the CMK of what is restored or imported is the one asked for; exports are where AWS puts them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import gzip_compress, gzip_decompress
from moto.dynamodb.exceptions import PointInTimeRecoveryUnavailable
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table_export import TableExport
from moto.dynamodb.models.table_import import TableImport
from moto.dynamodb.models.utilities import dynamo_json_dump
from moto.dynamodb.responses import DynamoHandler, DynamoResult
from moto.moto_api._internal import mock_random

from console.sandbox.call import CURRENT

if TYPE_CHECKING:
    from moto.dynamodb.models import DynamoDBBackend

BEGIN = TableExport.__init__
RESTORE = DynamoHandler.restore_table_to_point_in_time
EXPORT = DynamoHandler.export_table_to_point_in_time
IMPORT = DynamoHandler.import_table


def install() -> None:
    """Once DynamoDB is asked at all."""
    DynamoHandler.restore_table_to_point_in_time = restored
    DynamoHandler.export_table_to_point_in_time = exported
    DynamoHandler.import_table = imported
    DynamoHandler.list_imports = imports
    TableExport.__init__, TableExport._backup_to_s3_file = begun, written  # noqa: SLF001 - no other way in
    TableImport._process_s3_files = filled  # noqa: SLF001
    # In the call itself: a thread of moto's would know neither who asked nor the clock.
    TableExport.start, TableImport.start = TableExport.run, TableImport.run


def restored(handler: DynamoHandler) -> Any:
    """Of a table with point-in-time recovery; under the CMK that is named, else under the source's."""
    backend, wish = handler.dynamodb_backend, handler.body
    name = wish.get("SourceTableName") or wish.get("SourceTableArn", "").rpartition("/")[2]
    wish["SourceTableName"] = name
    if name in backend.tables:
        _recoverable(backend, name)
    RESTORE(handler)
    made = backend.get_table(wish["TargetTableName"])
    made.sse_specification = wish.get("SSESpecificationOverride") or backend.get_table(name).sse_specification
    return DynamoResult(made.describe())


def _recoverable(backend: DynamoDBBackend, name: str) -> None:
    told = backend.get_table(name).continuous_backups["PointInTimeRecoveryDescription"]
    if told["PointInTimeRecoveryStatus"] != "ENABLED":
        raise PointInTimeRecoveryUnavailable(name=name)


def exported(handler: DynamoHandler) -> Any:
    """The prefix may be left out."""
    handler.body.setdefault("S3Prefix", "")
    handler.body.setdefault("ExportFormat", "DYNAMODB_JSON")
    return EXPORT(handler)


def begun(export: TableExport, *args: Any, **rest: Any) -> None:
    """Named as AWS does: by the table's ARN, a moment and a sign of its own."""
    BEGIN(export, *args, **rest)
    moment = int(CURRENT.get().clock.now().timestamp() * 1000)
    export.arn = f"{export.table.table_arn}/export/{moment:014d}-{mock_random.get_random_hex(8)}"


def written(export: TableExport, bucket: Any) -> None:
    """Where an import will look for it: all items in one file."""
    lines = [dynamo_json_dump(item.to_json(root_attr_name="Item")) for item in export.table.all_items()]
    export.item_count, export.processed_bytes = len(lines), sum(map(len, lines))
    folder = "/".join(filter(None, (export.s3_prefix, "AWSDynamoDB", export.arn.rpartition("/")[2], "data")))
    name = f"{folder}/{mock_random.get_random_hex(26)}.json.gz"
    bucket.put_object(bucket_name=export.s3_bucket, key_name=name, value=gzip_compress("\n".join(lines).encode()))
    export.status = "COMPLETED"


def imported(handler: DynamoHandler) -> Any:
    """Under the CMK that the table's own parameters name."""
    answer, wish = IMPORT(handler), handler.body["TableCreationParameters"]
    made = handler.dynamodb_backend.tables.get(wish["TableName"])
    if made is not None:
        made.sse_specification = wish.get("SSESpecification")
    return answer


def filled(making: TableImport, s3: Any, bucket: Any) -> None:
    """A new table with every item of every file; what is no item is counted, as AWS does."""
    making.table = dynamodb_backends[making.account_id][making.region_name].create_table(
        name=making.table_name, billing_mode=making.billing_mode, throughput=making.throughput,
        schema=making.key_schema, global_indexes=making.global_indexes, indexes=None, attr=making.attrs,
        sse_specification=None, streams=None, tags=[], deletion_protection_enabled=False, warm_throughput=None,
    )  # fmt: skip
    found, *_ = s3.list_objects(
        bucket, prefix=making.s3_source.get("S3KeyPrefix"), delimiter=None, marker=None, max_keys=None
    )
    for each in found:
        packed = making.compression_type == "GZIP"
        for line in (gzip_decompress(each.value) if packed else each.value).splitlines():
            _put(making, line)
    making.status = "COMPLETED" if making.error_count == 0 else "FAILED"


def _put(making: TableImport, line: bytes) -> None:
    making.processed_count += 1
    making.processed_bytes += len(line)
    try:
        making.table.put_item(item_attrs=json.loads(line)["Item"])
    except (ValueError, KeyError, TypeError):
        making.error_count += 1
    else:
        making.imported_count += 1


def imports(handler: DynamoHandler) -> Any:
    """Of one table, or all; the newest first."""
    asked = handler.body.get("TableArn")
    told = [each.response() for each in handler.dynamodb_backend.table_imports.values()]
    named = ("ImportArn", "ImportStatus", "TableArn")
    found = [{name: each[name] for name in named} for each in told if asked in (None, each["TableArn"])]
    return ActionResult({"ImportSummaryList": found[::-1]})
