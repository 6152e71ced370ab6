"""People at work with requests: the console with settings, a role and a scope, whose work runs in processes of its own."""

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

from console.assembly import assemble
from console.settings import load
from console.text import Text
from screens.app import ConsoleApp
from screens.wizard import WizardScreen
from store.database import Store
from store.requests import Requests
from tests.estates import NOW
from tests.screens.sitting import LARGE, Sitting


class Clerk(Sitting):
    """A person at the requests."""

    async def settle(self):
        await super().settle()
        await self.app.workers.wait_for_complete()
        await super().settle()

    async def beat(self):
        """As this console's own clock does it: who sits at another in the same process must not be asked instead."""
        with self.app._context():
            await super().beat()

    async def work_done(self):
        """Until the processes that were begun have ended, and the screen has seen it."""
        children = self.app.desk.dispatch.services.children.all
        await asyncio.gather(*(asyncio.to_thread(child.process.wait, 60) for child in children))
        await self.beat()
        await self.settle()

    async def until(self, there):
        """Until this is so: what other processes do shows itself in its own time."""
        while not there():
            await self.beat()

    async def asked(self):
        """Until the form of a question is there, and waits for its first answer."""
        await self.until(lambda: getattr(self.app.focused, "id", "") == "field-0")

    async def wizard(self):
        """Until the work that was begun shows itself."""
        while not isinstance(self.app.screen, WizardScreen):
            await self.settle()
        await self.settle()

    async def stand_at(self, application):
        """Put the cursor on the row of the request for this application."""
        table = self.app.screen.table
        for row in range(table.length()):
            table.go(row)
            await self.settle()
            if table.chosen.wanted.application == application:
                return
        raise AssertionError(application)


@asynccontextmanager
async def at_work(store, config, size=LARGE, lang="nl", write=True, role="admin", now=lambda: NOW, **flags):
    """At the console with this store and these settings; what it begins finds both as well."""
    told = {"store": str(store), "config": str(config), "lang": lang, "write": write, "role": role, **flags}
    front = (sys.executable, "-m", "console", "--store", str(store), "--config", str(config), "--role", role)
    desk = assemble(load(told), front_door=(*front, *(("--scope", flags["scope"]) if "scope" in flags else ())))
    desk = replace(desk, text=Text(lang, now=now))
    try:
        app = ConsoleApp(desk)
        async with app.run_test(size=size, notifications=True) as pilot:
            clerk = Clerk(app, pilot)
            await clerk.settle()
            yield clerk
    finally:
        desk.close()


def held(store, request_id):
    """A request as this store has it."""
    opened = Store.open(store)
    try:
        return Requests(opened).find(request_id)
    finally:
        opened.close()
