"""Makes the README's pictures from the real app on a private sandbox: `python -m tests.screens.make_picture`."""

import asyncio
import re
from contextlib import ExitStack
from pathlib import Path

import screens
from console.assembly import assemble
from console.commands.sync import RunSync
from console.embedded import enter
from screens.app import ConsoleApp
from screens.calendar import CalendarScreen

FOLDER = Path(screens.__file__).parent / "pictures"
SIZE = (124, 32)
TO_A_CMK = ("right", "down", "right", "down", "down", "right", "down", "right")
KEYS = {
    "explorer": TO_A_CMK,
    "rotation": (*TO_A_CMK, "down", "a", "enter", "down", "down"),
    "findings": ("colon", *"findings", "space", "slash", "enter", "down", "down", "down"),
}


async def picture(desk, keys):
    """What these keys lead to, as SVG without fonts from elsewhere."""
    app = ConsoleApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        for key in keys:  # what a key opens is there before the next one
            await pilot.press(key)
            await pilot.pause(0.1)
        return re.sub(r"@font-face\s*\{[^}]*\}\s*", "", app.export_screenshot(title="kms-console"))


async def calendar_picture(desk):
    """The year of the whole estate, on its first coming date."""
    app = ConsoleApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await app.over(CalendarScreen())
        while app.screen.sheet is None:
            await pilot.pause(0.1)
        sheet = app.screen.sheet
        coming = min((day.day for day in sheet.days.values() if day.come), default=sheet.agenda.today)
        await pilot.press(*["right"] * (coming - sheet.agenda.today))
        await pilot.pause(0.2)
        return re.sub(r"@font-face\s*\{[^}]*\}\s*", "", app.export_screenshot(title="kms-console"))


def main():
    with ExitStack() as stack:
        desk = assemble(enter({"lang": "en", "write": True}, stack))
        stack.callback(desk.close)
        desk.dispatch.run(RunSync())
        for name, keys in KEYS.items():
            (FOLDER / f"{name}.svg").write_text(asyncio.run(picture(desk, keys)))
        (FOLDER / "calendar.svg").write_text(asyncio.run(calendar_picture(desk)))


if __name__ == "__main__":
    main()
