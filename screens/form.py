"""Fields as inputs: what a workflow asks, drawn from the fields themselves; it hands out what was filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, TextArea

from console.reports.runs import default_text
from console.text import inert
from screens.widgets.knob import Knob
from screens.widgets.lines import Lines
from screens.widgets.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.text import Text
    from console.workflow.views import FieldView
    from screens.widgets.painted import Piece

TABS: tuple[Binding, ...] = (
    Binding("tab", "app.focus_next", "Next", show=False, priority=True, id="form.next"),
    Binding("shift+tab", "app.focus_previous", "Previous", show=False, priority=True, id="form.previous"),
)
"""For screens with inputs. With priority the focus moves before the next key is looked at, however fast it is typed."""

MARK = 8
"""Columns that a choice takes beside its words."""

MOST = 8
"""Choices in sight at once; the rest scrolls."""


class Options(Lines):
    """Choices with a mark; space and enter take one, or, where there may be several, turn one on and off. Where none
    is `needed`, enter only goes on: nothing is taken by going past.
    """

    DEFAULT_CSS = "Options { width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "mark", "Choose", show=False, id="options.mark")]

    def __init__(
        self,
        choices: Sequence[tuple[str, str]],
        chosen: set[str],
        notes: Mapping[str, str] | None = None,
        *,
        several: bool,
        needed: bool = True,
        id: str,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._choices = tuple(choices)
        self._notes = notes or {}
        self.chosen = chosen
        self._several = several
        self._needed = needed
        self.styles.height = min(MOST, max(1, len(self._choices)))

    def length(self) -> int:
        return len(self._choices)

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        value, label = self._choices[index]
        on = value in self.chosen
        marks = ("[x]", "[ ]") if self._several else ("(•)", "( )")
        left = [(f"   {marks[0] if on else marks[1]} ", "accent" if on else "dim"), (label, "strong" if on else "")]
        return left, [(f" {self._notes[value]} ", "dim")] if value in self._notes else ()

    @property
    def cut(self) -> str:
        """The words under the cursor, where the line has no room for all of them: what they warn of stands last."""
        label = self._choices[self.cursor][1] if self._choices else ""
        return label if MARK + cell_len(label) > self.size.width else ""

    @property
    def taken(self) -> str | list[str]:
        """The value that is chosen, '' for none; or all of them, in order."""
        found = [value for value, _ in self._choices if value in self.chosen]
        return found if self._several else next(iter(found), "")

    def action_mark(self) -> None:
        if not self._choices:
            return
        value = self._choices[self.cursor][0]
        self.chosen = self.chosen ^ {value} if self._several else {value}
        self.refresh()

    def action_open(self) -> None:
        """Enter takes it and goes on to the next field."""
        if not self._several or (self._needed and not self.chosen):
            self.action_mark()
        self.screen.focus_next()

    def clicked(self, event: object) -> None:  # noqa: ARG002 - where does not matter
        self.action_mark()


class Whole(Story):
    """All the words of a choice."""


class Form(Vertical):
    """Labels and inputs, a sentence for what is wrong, and the word that hands it in."""

    DEFAULT_CSS = """
    Form { height: auto; }
    Form Input { margin: 0 1 0 2; width: 1fr; }
    Form TextArea { height: 7; margin: 0 1 0 2; }
    Form Story { margin: 1 0 0 0; }
    Form #form-wrong { margin: 0; }
    Form Whole { margin: 0 0 0 6; }
    Form Knob { margin: 1 1 0 2; }
    """

    class Given(Message):
        """What was filled in, by field."""

        def __init__(self, values: dict[str, Any]) -> None:
            super().__init__()
            self.values = values

    def __init__(self, fields: Sequence[FieldView], text: Text) -> None:
        super().__init__()
        self._fields = tuple(fields)
        self._text = text

    def compose(self) -> ComposeResult:
        for number, field in enumerate(self._fields):
            yield Story(self._label(field))
            yield self._input(field, f"field-{number}")
            yield Whole(id=f"whole-{number}")
        self.wrong = Story(id="form-wrong")
        yield self.wrong
        yield Knob(self._text.t("wizard.answer"), id="hand-in")

    def on_lines_moved(self, event: Lines.Moved) -> None:
        event.stop()
        self._tell()

    def on_resize(self) -> None:
        self.call_after_refresh(self._tell)

    def _tell(self) -> None:
        """Below choices: all the words of the one under the cursor, where its line is too short for them."""
        for options in self.query(Options):
            whole = self.query_one(f"#{options.id}".replace("field", "whole"), Story)
            whole.show([(options.cut, "dim")] if options.cut else [])

    def enter(self) -> None:
        """The first thing to fill in, or the word to press."""
        first = self.query_one("#field-0" if self._fields else "#hand-in")
        self.screen.set_focus(first)
        self.call_after_refresh(first.scroll_visible, animate=False)  # it has its place only then

    def values(self) -> dict[str, Any]:
        """What stands in the inputs; empty ones are left to their default."""
        told = {field.name: self._value(f"#field-{number}") for number, field in enumerate(self._fields)}
        return {name: value for name, value in told.items() if value not in ("", None, [])}

    def refuse(self, sentence: str) -> None:
        """Say what is wrong; what was typed stays."""
        self.wrong.show([(sentence, "bad")])

    def _label(self, field: FieldView) -> list[Piece]:
        label = self._text.t(field.label)
        lines: list[Piece] = [(label if field.required else f"{label} ({self._text.t('run.optional')})", "strong")]
        return [*lines, (self._text.t(field.hint), "dim")] if self._text.has(field.hint) else lines

    def _input(self, field: FieldView, name: str) -> Input | TextArea | Options:
        if field.kind == "pasted":
            return TextArea("", id=name, soft_wrap=False, show_line_numbers=False, tab_behavior="focus")
        if field.kind == "yes_no":
            words = [(value, self._text.t(f"flag.{value}")) for value in ("yes", "no")]
            return Options(words, _chosen(field), several=False, id=name)
        if field.kind in ("choice", "many"):
            words = [
                (value, self._text.t(key) if self._text.has(key) else inert(value)) for value, key in field.choices
            ]
            notes = {value: self._text.said(note) for value, note in field.notes}
            many, needed = field.kind == "many", field.required
            return Options(words, _chosen(field), notes, several=many, needed=needed, id=name)
        start = "" if field.default is None else default_text(field.default)
        box = Input(start, id=name, placeholder="2027-03-14" if field.kind == "date" else "")
        box.cursor_blink = False
        return box

    def _value(self, name: str) -> Any:
        widget = self.query_one(name)
        if isinstance(widget, Input):
            return widget.value
        if isinstance(widget, TextArea):
            return widget.text
        return widget.taken if isinstance(widget, Options) else None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    def on_knob_pressed(self, event: Knob.Pressed) -> None:
        event.stop()
        self.post_message(self.Given(self.values()))


def _chosen(field: FieldView) -> set[str]:
    if field.default is None:
        return set()
    return set(field.default) if isinstance(field.default, list | tuple) else {default_text(field.default)}
