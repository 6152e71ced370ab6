"""Whatever a tenant can write comes out as harmless text."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.output import csv_text, json_text, table_text
from console.text import Text, inert

HOSTILE = [
    "[red]x[/]",
    "[@click=app.quit]x[/]",
    "\x1b]0;title\x07",
    "\x1b[2J\x1b[31m",
    "\x9b31m",
    "regel een\nregel twee\r\n",
    "\u202egnirts\u202c",
    "a\u200bb\ufeff",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "宽" * 300,
    "مرحبا بالعالم",
    "{now} {0} %s %(x)s",
]


@given(st.text())
def test_inert_text_is_printable_whatever_came_in(text):
    """Nothing but printable characters survives."""
    assert inert(text).isprintable()


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])))
def test_plain_text_is_left_as_it_is(text):
    """What was harmless is not touched."""
    assert inert(text) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_never_a_formula_nor_an_escape(text):
    """CSV cells are inert and a spreadsheet takes none for a formula."""
    (row,) = list(csv.reader(io.StringIO(csv_text(["a"], [[text]]))))[1:]
    assert row[0].isprintable()
    assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("text", HOSTILE)
def test_json_on_a_terminal_carries_no_control_character(text):
    """JSON says the same value, with every invisible character escaped."""
    import json

    out = json_text({"name": text})
    assert json.loads(out) == {"name": text}
    assert all(line.isprintable() for line in out.splitlines())


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_keeps_one_line_a_row(text):
    """A row stays one line, whatever stands in its cells."""
    assert len(table_text(("a", "b"), [(text, "x")]).splitlines()) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_a_sentence_takes_hostile_values_literally(text):
    """A value that looks like a placeholder or an escape is shown, not filled or sent."""
    sentence = Text("nl").t("not_found.thing", thing=text)
    assert sentence.isprintable()
    assert inert(text) in sentence
