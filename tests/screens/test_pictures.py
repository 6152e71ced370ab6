"""Every screen as a picture, in both languages and two sizes: what changes in a picture is meant, or a defect."""

import pytest

from screens.app import ConsoleApp
from tests.screens.sitting import desk_for

TO_CMK = ("right", "down", "right", "down", "down", "right", "down", "right")
SCREENS = {
    "explorer": (),
    "overview": TO_CMK,
    "hbk": (*TO_CMK, "2"),
    "data_keys": (*TO_CMK, "3"),
    "policy": (*TO_CMK, "4"),
    "history": (*TO_CMK, "5"),
    "cost": (*TO_CMK, "6"),
    "filter": ("slash", *"t&i"),
    "search": ("F", *"prod"),
    "help": ("question_mark",),
    "why": (*TO_CMK, "w"),
    "raw": (*TO_CMK, "y"),
    "copy": (*TO_CMK, "C"),
}
SIZES = {"80x24": (80, 24), "160x45": (160, 45)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("screen", SCREENS)
def test_picture(snap_compare, filled_store, screen, lang, size):
    """The screen looks as it did when somebody last looked at it and found it good."""
    app = ConsoleApp(desk_for(filled_store, lang, config=None))

    async def rest(pilot):
        await pilot.press(*SCREENS[screen])
        app.explorer.sheet  # noqa: B018 - what waits for the cursor to rest is read now
        await pilot.pause()

    assert snap_compare(app, terminal_size=SIZES[size], run_before=rest)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_picture_of_a_first_start(snap_compare, tmp_path, monkeypatch, lang):
    """Without configuration and cache the console explains itself and offers the sandbox."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/somebody/.config")
    app = ConsoleApp(desk_for(tmp_path / "none.db", lang))
    assert snap_compare(app, terminal_size=(80, 24))


@pytest.mark.parametrize("theme", ["light", "dark-deuteranopia", "light-deuteranopia"])
def test_picture_in_other_colours(snap_compare, filled_store, theme):
    """Each theme keeps words and signs, and its own colours."""
    app = ConsoleApp(desk_for(filled_store, "nl", theme=theme))
    assert snap_compare(app, terminal_size=(110, 30), press=TO_CMK)
