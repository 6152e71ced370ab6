"""What a workflow asks, on any screen: what a choice warns of is read before it is taken."""

from textual.app import App

from console.text import Text
from console.workflow.model import Kind
from console.workflow.views import FieldView
from screens.form import Form, Options, Whole
from screens.theme import THEMES

STOPS, REPLACES = "wf.dk_rotation.ebs_quiet.how.stop", "wf.dk_rotation.ebs_quiet.how.replace"
ASKED = FieldView(
    "how",
    Kind.CHOICE,
    "wf.dk_rotation.ebs_quiet.how",
    "none",
    "stop",
    (("stop", STOPS), ("task", REPLACES)),
    required=True,
)


class Held(App[None]):
    """A form and nothing else, with what the console says of every paragraph."""

    CSS = "Story { height: auto; }"

    def __init__(self):
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def compose(self):
        yield Form([ASKED], Text("nl"))


async def told(pilot):
    await pilot.pause()
    lines = pilot.app.query_one(Whole)
    return " ".join(lines.render_line(y).text.strip() for y in range(lines.size.height))


async def test_all_the_words_of_a_choice_stand_below_where_its_line_is_too_short():
    """On a small screen the end was cut off, and there stood that data is lost; a line with room says it once."""
    words = Text("nl").t(REPLACES)
    async with Held().run_test(size=(50, 24)) as pilot:
        pilot.app.query_one(Options).focus()
        assert await told(pilot) == ""
        await pilot.press("down")
        assert await told(pilot) == words
    async with Held().run_test(size=(200, 24)) as pilot:
        pilot.app.query_one(Options).focus()
        await pilot.press("down")
        assert await told(pilot) == ""
