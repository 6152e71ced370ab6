"""Compiles the catalogues, every `LANG/*.po` into one `LANG.mo`; run as `python -m console.text.build`."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

HERE = Path(__file__).parent
LANGUAGES = ("nl", "en")


def merged(lang: str) -> Catalog:
    """All messages of one language.

    Raises:
        ValueError: a key stands in two files, or has no text.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    whole = Catalog(locale=lang, project="kms-console", fuzzy=False)
    for path in sorted((HERE / lang).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=lang):
                if not message.id:
                    continue
                if message.id in whole:
                    raise ValueError(f"{path.name}: {message.id} stands twice")
                if not message.string or (isinstance(message.string, tuple) and not all(message.string)):
                    raise ValueError(f"{path.name}: {message.id} has no text")
                whole[message.id] = message
    return whole


def compiled(lang: str) -> bytes:
    """The machine form of one language's catalogue; the same bytes for the same texts."""
    from babel.messages.mofile import write_mo

    catalogue = merged(lang)
    catalogue.header_comment = ""
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def main() -> None:
    for lang in LANGUAGES:
        (HERE / f"{lang}.mo").write_bytes(compiled(lang))


if __name__ == "__main__":
    main()
