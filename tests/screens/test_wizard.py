"""Guided work at the screen: the list of what is unfinished, and one wizard for every workflow."""

import asyncio
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest
from textual.worker import WorkerCancelled

from console.assembly import assemble
from console.settings import load
from console.workflow import Lane, Wish
from screens.app import ConsoleApp
from screens.form import Form
from screens.wizard import WizardScreen
from store.database import Store
from store.holders import holder
from store.run_records import RunStatus, RunStep, StepStatus
from store.runs import RunRepository
from tests.estates import NOW
from tests.screens.sitting import LARGE, SMALL, TINY, Sitting
from tests.workflow import toys
from tests.workflow.stage import STAGE, Spoken, facts

SIZES = {"80x24": (80, 24), "160x45": (160, 45)}


@pytest.fixture(autouse=True)
def stage(monkeypatch):
    """The only workflow is the stage's, and ids are the same each time."""
    monkeypatch.setattr("console.workflows.WORKFLOWS", {"stage": STAGE})
    numbers = iter(range(1, 100))
    monkeypatch.setattr("store.runs._new_id", lambda: f"stage{next(numbers):05}")


def engine(estate, *here, now=NOW - 120):
    runs = RunRepository(Store.open(estate, write=True), now=lambda: now)
    at = toys.engine(estate, workflows={"stage": STAGE}, lanes=toys.ToyLanes(*here), clock=lambda: now)
    return replace(at, runs=runs)


def begin(estate, subject="web-1 /data", **rest):
    return engine(estate).start(Wish("stage", subject, facts(estate.parent), **rest))


def desk_of(estate, lang="nl", **flags):
    front = (sys.executable, "-m", "tests.workflow.front", "--store", str(estate))
    desk = assemble(load({"store": str(estate), "lang": lang, "write": True, **flags}), front_door=front)
    return replace(desk, text=Spoken(lang, now=lambda: NOW))


class Worker(Sitting):
    """A person at guided work."""

    async def settle(self):
        await super().settle()
        for _ in range(2):  # a question asked anew cancels the one before
            with suppress(WorkerCancelled):
                await self.app.workers.wait_for_complete()
            await super().settle()

    async def open(self, run):
        await self.app.push_screen(WizardScreen(run))
        await self.settle()

    async def work_done(self):
        """Until the process that was begun has ended, and the screen has seen it."""
        services = self.app.desk.dispatch.services
        await asyncio.gather(*(asyncio.to_thread(child.process.wait, 60) for child in services.children.all))
        await self.beat()
        await self.settle()

    @property
    def form(self):
        return next(iter(self.app.screen.query(Form)), None)


@asynccontextmanager
async def at_work(estate, size=LARGE, lang="nl", **flags):
    desk = desk_of(estate, lang, **flags)
    try:
        app = ConsoleApp(desk)
        async with app.run_test(size=size, notifications=True) as pilot:
            worker = Worker(app, pilot)
            await worker.settle()
            yield worker
    finally:
        desk.close()


def effects(estate, run):
    return toys.done_once(estate.parent, run)


async def test_from_a_question_to_the_end_by_keys_alone(estate):
    """Open the list, open the run, answer, hand over, paste, type the name: each effect once, each in a child."""
    run = begin(estate)
    engine(estate).resume(run)
    async with at_work(estate) as person:
        await person.press("W", "enter")
        assert person.sees("U kiest hoe web-1 /data een nieuwe datasleutel krijgt")
        await person.press("down", "space", "tab", "tab")
        await person.type("proef")
        await person.press("enter", "enter")
        await person.work_done()
        assert person.sees("vol-0a1b2c3d4e5f60001")
        assert engine(estate).show(run).steps[0].record.answer == {"route": "transit", "keep": True, "note": "proef"}
        await person.type("ok")
        await person.press("tab", "enter")
        await person.work_done()
        assert person.sees("Typ de naam over om te bevestigen")
        await person.type("web-1 /data")
        await person.press("enter", "enter")
        await person.work_done()
        assert person.sees("● afgerond")
    assert effects(estate, run) == ["make", *(f"item {n}" for n in range(toys.ITEMS)), "retired"]


async def test_work_goes_on_when_the_screen_is_left(estate):
    """The process that was begun outlives the wizard and the list."""
    run = begin(estate)
    at = engine(estate)
    at.resume(run)
    at.answer(run, {})
    async with at_work(estate) as person:
        await person.open(run)
        await person.press("n", "escape")
        await person.work_done()
        assert person.app.explorer is person.app.screen
    assert "item 11" in effects(estate, run)


async def test_a_process_that_cannot_go_on_is_heard(estate):
    """A child that ends before it took the work in hand says why, on the screen, in one sentence."""
    run = begin(estate)
    async with at_work(estate) as person:
        services = person.app.desk.dispatch.services
        services.children._front_door = (sys.executable, "-m", "console", "--store", str(estate))
        await person.open(run)
        await person.press("n")
        assert person.sees("begint")
        await person.work_done()
        person.app.screen._listen()
        await person.settle()
        assert any('kent het werk "stage" niet' in told for told in person.app.told)
        assert person.sees("kan verder")


async def test_a_bad_answer_is_said_where_it_was_given_and_what_was_typed_stays(estate):
    """The wrong name does not confirm; the sentence stands under the field, the field keeps its text."""
    run = begin(estate)
    at = engine(estate)
    for given in ({}, {"": "ok"}):
        at.resume(run)
        at.answer(run, given)
    at.resume(run)
    async with at_work(estate) as person:
        await person.open(run)
        await person.type("web-2")
        await person.press("enter", "enter")
        assert person.sees('"web-2" is niet de naam waar het om gaat')
        assert person.app.screen.query_one("#field-0").value == "web-2"
    assert "retired" not in effects(estate, run)


async def test_typing_survives_a_beat(estate):
    """The store changes while somebody is typing: the form stays, with its text and the focus."""
    run = begin(estate)
    engine(estate).resume(run)
    async with at_work(estate) as person:
        await person.open(run)
        await person.press("tab", "tab")
        await person.type("half")
        begin(estate, "another")
        await person.beat()
        await person.type("way")
        assert person.app.screen.query_one("#field-2").value == "halfway"


async def test_progress_comes_from_the_store(estate):
    """Another process is at work: its progress shows without anybody pressing a key, and n does not begin a second."""
    run = begin(estate)
    async with at_work(estate) as person:
        await person.open(run)
        runs = RunRepository(Store.open(estate, write=True))
        lease = runs.claim(run)
        working = replace(runs.find(run), status=RunStatus.RUNNING, step="copy")
        record = RunStep(run, "copy", "central", StepStatus.STARTED, done=30, total=120, attempts=1)
        runs.write(lease, working, record)
        await person.beat()
        assert person.sees("◐ bezig")
        assert person.sees("30/120")
        assert person.sees("25%")
        await person.press("n")
        assert not person.app.desk.dispatch.services.children.all
        await person.press("s")
        assert runs.renew(lease) is True


async def test_giving_up_opens_on_cancel_and_wants_the_name(estate):
    """X, enter: nothing happens. Only the typed name and the word itself give up, and what is done is undone."""
    run = begin(estate)
    at = engine(estate)
    at.resume(run)
    at.answer(run, {})
    at.resume(run)
    async with at_work(estate) as person:
        await person.open(run)
        await person.press("escape", "X")
        assert person.sees("Teruggedraaid wordt, in deze volgorde: Volume maken")
        await person.press("enter")
        assert at.show(run).run.status is RunStatus.WAITING
        await person.press("X", "tab", "enter")
        assert person.sees('Dat is niet "web-1 /data"')
        await person.type("web-1 /data")
        await person.press("enter", "enter")
        await person.work_done()
        assert person.sees("○ opgegeven")
    assert effects(estate, run)[-1] == "undone make"


async def test_a_reader_sees_everything_and_can_press_nothing(estate):
    """Read-only: no form, the reason instead, and n, X and s are refused in words."""
    run = begin(estate)
    engine(estate).resume(run)
    async with at_work(estate, write=False) as person:
        await person.open(run)
        assert person.form is None
        assert person.sees("u kijkt alleen")
        await person.press("X", "n")
        assert engine(estate).show(run).run.status is RunStatus.WAITING


async def test_commands_are_copied_whole(estate):
    """c copies exactly what a person must run, however narrow the screen."""
    run = begin(estate)
    at = engine(estate)
    at.resume(run)
    at.answer(run, {})
    at.resume(run)
    async with at_work(estate, SMALL) as person:
        await person.open(run)
        await person.press("escape", "c")
        assert person.app.clipboard == at.show(run).current.commands[0]


@pytest.mark.parametrize("size", [TINY, SMALL, LARGE])
async def test_hostile_words_and_small_screens(estate, size):
    """A subject with escapes and markup is shown as it is, and every size can be worked in."""
    run = begin(estate, "[red]x[/]\x1b[2J{y}" + "宽" * 60)
    engine(estate).resume(run)
    async with at_work(estate, size) as person:
        await person.open(run)
        await person.press("escape", "X")
        await person.press("escape", "y", "escape", "escape")
        await person.press("W")
        assert person.sees("[red]x[/]")
        assert not any("\x1b" in line for line in person.lines())


async def test_an_owner_sees_only_own_work(estate):
    """Another tenant's run is not in the list."""
    begin(estate, "mine", tenant="Agentschap A", application="X")
    begin(estate, "theirs", tenant="Agentschap B")
    async with at_work(estate, role="owner", scope="Agentschap A") as person:
        await person.press("W")
        assert person.sees("mine")
        assert not person.sees("theirs")


async def test_finished_work_is_a_tab_away(estate):
    """tab shows what is over; the list says so when there is nothing to do."""
    run = begin(estate)
    engine(estate).abandon(run)
    async with at_work(estate) as person:
        await person.press("W")
        assert person.sees("Er is geen werk bezig")
        await person.press("tab")
        assert person.sees("○ opgegeven")


# ---- pictures


def staged(estate):
    """Runs in every state; the first is at its question, the second hands over, the third is at its last step."""
    at = engine(estate, Lane.CENTRAL)
    names = ("web-1 /", "web-1 /data", "db-1 /data", "archief", "web-2 /")
    asking, handing, ending, running, over = (begin(estate, name, tenant="Agentschap A") for name in names)
    for run in (asking, handing, ending):
        at.resume(run)
    for run in (handing, ending):
        at.answer(run, {"note": "wissel van november"})
        at.resume(run)
    at.answer(ending, {"": "[]"})
    at.resume(ending)
    at.abandon(over)
    runs = RunRepository(Store.open(estate, write=True), now=lambda: NOW - 60)
    now = RunRepository(Store.open(estate, write=True))
    lease = now.claim(running, holder())
    record = RunStep(running, "copy", "central", StepStatus.STARTED, done=4_200, total=12_000, attempts=1)
    now.write(lease, replace(now.find(running), status=RunStatus.RUNNING, step="copy"), record)
    with Store.open(estate, write=True).atomic() as connection:
        connection.execute("UPDATE run SET updated_at = ?", (NOW - 60,))
    del runs
    return asking, handing, ending, running


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("what", ["runs", "asking", "handing", "ending", "running", "abandon"])
def test_picture(snap_compare, estate, what, lang, size, monkeypatch):
    """The list, a question, a hand-over, a last step, work in progress, and giving up, as somebody found them good."""
    monkeypatch.chdir(estate.parent)
    asking, handing, ending, running = staged(estate)
    app = ConsoleApp(desk_of(estate, lang))

    async def rest(pilot):
        worker = Worker(app, pilot)
        if what == "runs":
            await worker.press("W")
        else:
            await worker.open(
                {"asking": asking, "handing": handing, "ending": ending, "running": running}.get(what, handing)
            )
        if what == "abandon":
            await worker.press("escape", "X")
        await worker.settle()

    assert snap_compare(app, terminal_size=SIZES[size], run_before=rest)
