"""HBK dates, coming and past, as a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.reports.report import Report, iso
from console.text.paths import join_path

if TYPE_CHECKING:
    from console.services.catalog import RotationRows
    from console.text import Text
    from store.answers import Rotation


def rotations(found: RotationRows, text: Text) -> Report:
    entries = list(found.all())
    data = [_rotation_data(entry) for entry in entries]
    headers = tuple(text.t(f"column.{name}") for name in ("date", "rotation", "path", "cmk", "note"))
    rows = tuple(
        (text.when(e.date), _type(e, text), " / ".join(e.path), e.name, text.t(e.note) if e.note else "")
        for e in entries
    )
    return Report(data, headers, rows, notes=() if entries else (text.t("rotations.nothing"),))


def _type(entry: Rotation, text: Text) -> str:
    return text.t(f"rotation.type.{entry.rotation_type.lower() or 'none'}")


def _rotation_data(entry: Rotation) -> dict[str, Any]:
    return {
        "path": join_path(entry.path),
        "key_id": entry.key_id,
        "name": entry.name,
        "date": iso(entry.date),
        "type": entry.rotation_type,
        "generation": entry.generation,
        "material_id": entry.material_id,
        "note": entry.note,
        "stale": entry.stale,
    }
