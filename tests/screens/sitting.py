"""A person at the console: the real app over a real store, keys pressed, and the painted lines read back."""

from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from textual.worker import WorkerCancelled

from console.assembly import assemble
from console.settings import load
from console.text import Text
from screens.app import ConsoleApp
from screens.explorer import Explorer
from tests.estates import NOW

HOPS = 4
"""How often a message may be handed on before it has its effect: each pause waits for one hand-over."""

LARGE, SMALL, TINY = (200, 50), (80, 24), (60, 15)


def desk_for(store, lang="nl", **flags):
    """A desk on this store file whose present is NOW."""
    desk = assemble(load({"store": str(store), "lang": lang, **flags}))
    return replace(desk, text=Text(lang, now=lambda: NOW))


class Sitting:
    """What a person can do and see."""

    def __init__(self, app, pilot):
        self.app = app
        self.pilot = pilot

    async def press(self, *keys):
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text):
        """Type `text`, character by character."""
        from textual.keys import _character_to_key

        await self.press(*(_character_to_key(c) for c in text))

    async def command(self, line):
        await self.type(f":{line}")
        await self.press("enter")

    async def settle(self):
        """Until nothing moves; what waits for the cursor to rest is read now, and rows that a thread looks for."""
        for _ in range(HOPS):
            await self.pilot.pause()
            await rows_there(self.app)
        if isinstance(self.app.screen, Explorer):
            _ = self.app.screen.sheet
            await self.pilot.pause()

    async def beat(self):
        """The store has changed: look now, not at the next half second."""
        await self.app._beat()
        await self.settle()

    @property
    def tree(self):
        return self.app.explorer.tree_view

    @property
    def panel(self):
        return self.app.explorer.panel

    @property
    def node(self):
        """The name under the tree's cursor."""
        return self.tree.node.name

    def lines(self):
        """The screen as painted, a string a line, right-hand blanks kept."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    def painted(self):
        return "\n".join(self.lines())

    def line_with(self, words):
        """The first painted line that holds `words`."""
        return next(line for line in self.lines() if words in line)

    def sees(self, words):
        return any(words in line for line in self.lines())

    @property
    def banner(self):
        return self.lines()[0]

    async def stand_on(self, *words):
        """Unfold everything and stand on the first node that every word of `words` is in."""
        await self.press("home", "asterisk")
        for line in range(self.tree.length()):
            node = self.tree.outline.line(line).node
            if all(word in f"{node.name} {node.label}" for word in words):
                self.tree.go(line)
                await self.settle()
                return
        raise AssertionError(f"no node {words}")


async def rows_there(app):
    """Until no thread looks for rows any more."""
    while at_work := [w for w in app.workers if w.group in ("arrange", "dates", "sheet") and not w.is_finished]:
        for worker in at_work:
            with suppress(WorkerCancelled):
                await worker.wait()


@asynccontextmanager
async def sit_down(store, size=(120, 30), view="explorer", lang="nl", **flags):
    """The console running on a terminal of this size."""
    desk = desk_for(store, lang, **flags)
    try:
        app = ConsoleApp(desk, view)
        async with app.run_test(size=size, notifications=True) as pilot:
            sitting = Sitting(app, pilot)
            await sitting.settle()
            yield sitting
    finally:
        desk.close()


def configured(folder: Path) -> Path:
    """A settings file that names a central account, a Region and one tenant."""
    path = folder / "config.toml"
    path.write_text(
        '[aws]\ncentral_account = "999988887777"\nregions = ["eu-west-1"]\n\n'
        '[[tenants]]\nname = "Agentschap A"\naccounts = ["111122223333"]\n'
    )
    return path
