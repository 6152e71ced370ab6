"""One key leads to what is old and waits: who else holds the old data key is seen, and nothing is chosen by going past."""

from dataclasses import replace

import pytest

from console.commands.rotate import RotateDataKeys
from console.commands.runs import AnswerRun, ShowRun
from console.datakeys.holders import Holder, Holding
from screens.offers import Offers
from screens.wizard import WizardScreen
from store.database import Store
from store.run_records import RunStatus, RunStep, StepStatus
from store.runs import RunRepository
from store.verdicts import Judged, Verdict, Verdicts
from tests.estates import NOW
from tests.screens.sitting import SMALL, desk_for, sit_down

VOLUME, OTHER = "vol-00000000000000001", "vol-00000000000000002"
KEY = "arn:aws:kms:eu-west-1:999988887777:key/00000000-0000-4000-8000-00000000000f"
HOLDERS = (
    Holder("snapshot", "snap-000000000000000a1", "2024-01-02"), Holder("snapshot", "snap-000000000000000a2", "2025-03-04"),
    Holder("image", "snap-000000000000000a3", "2025-03-05", "ami-0000000000000000a"),
)  # fmt: skip


@pytest.fixture
def transit(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(f'[rotation]\ntransit = "{KEY}"\n')
    return str(path)


def waiting(estate, config, volume, after):
    """A run on record that rotated this volume: proven, kept for a week, waiting for the last act."""
    desk = desk_for(estate, config=config, write=True)
    (answer,) = desk.dispatch.run(RotateDataKeys(keys=(volume,), yes=True, go=False))
    run = answer.walked.run_id
    evidence = {
        "still_held": Holding(len(HOLDERS), HOLDERS).told(),
        "data_key_before": "oud",
        "data_key_after": "nieuw",
    }
    proof = {"verdict": "proven", "reason": "verdict.ebs.new", "now": after, "evidence": evidence}
    outputs = {
        "ebs_look": {"disks": {}, "instance": ""},
        "proof": proof,
        "record": {"verdict": "proven", "keep_until": NOW + 86_400, "date": "2026-11-24"},
    }
    store = Store.open(estate, write=True)
    runs = RunRepository(store)
    lease, found = runs.claim(run), runs.find(run)
    for step in desk.dispatch.run(ShowRun(run)).steps[:-1]:
        output = outputs.get(step.name, {})
        runs.write(lease, found, RunStep(run, step.name, step.lane, StepStatus.DONE, output=output))
    runs.write(
        lease,
        replace(found, status=RunStatus.WAITING, step="retire"),
        RunStep(run, "retire", "tenant", StepStatus.WAITING),
    )
    runs.release(lease)
    key = desk.dispatch.services.catalog.cmks.data_key(desk.dispatch.services.catalog.find(volume).id).facts
    Verdicts(store).add(
        Judged(run, "ebs", after, key.account_id, key.region, volume, "transit", Verdict.PROVEN, "verdict.ebs.new", KEY,
               NOW, "jan", found.tenant, found.application, evidence)
    )  # fmt: skip
    store.close()
    return run


async def opened(person):
    """The wizard is there, with its question: what opens it asks the store in a thread."""
    for _ in range(50):
        if isinstance(person.app.screen, WizardScreen) and person.app.screen.query("Form"):
            break
        await person.settle()
    await person.settle()


async def shown(person, run):
    await opened(person)
    assert person.app.screen.run_id == run


@pytest.mark.parametrize("size", [SMALL, (160, 50)], ids=["80x24", "160x50"])
async def test_one_key_in_the_list_of_work_leads_to_the_only_one_that_waits(estate, transit, size):
    """Straight to its question; who else holds the old data key stands there, and none is chosen."""
    run = waiting(estate, transit, VOLUME, "vol-0000000000000000f")
    async with sit_down(estate, size=size, config=transit, write=True, lanes="central,tenant") as person:
        await person.press("W")
        await person.press("o")
        await shown(person, run)
        assert person.sees("[ ] snap-000000000000000a1")
        assert not person.sees("[x]")
        assert not person.sees("[ ] snap-000000000000000a3")


async def test_who_cannot_go_says_why_and_enter_chooses_nothing(estate, transit):
    """The image's snapshot is no choice but is told of; enter on the list goes on to the name, space chooses."""
    run = waiting(estate, transit, VOLUME, "vol-0000000000000000f")
    async with sit_down(estate, size=(160, 50), config=transit, write=True, lanes="central,tenant") as person:
        await person.press("W")
        await person.press("o")
        await shown(person, run)
        assert person.sees("image ami-0000000000000000a start ervan")
        await person.press("enter")
        assert not person.sees("[x]")
        await person.press("shift+tab", "space")
        assert "[x]" in person.line_with("snap-000000000000000a1   ")
        form = person.app.screen.query_one("Form")
        assert form.values()["also"] == ["snap-000000000000000a1"]


async def test_of_several_that_wait_one_is_chosen(estate, transit):
    """Each with its state and date; enter opens it."""
    runs = [waiting(estate, transit, volume, f"{volume[:-1]}f") for volume in (VOLUME, OTHER)]
    async with sit_down(estate, size=(160, 50), config=transit, write=True, lanes="central,tenant") as person:
        await person.press("W")
        await person.press("o")
        assert isinstance(person.app.screen, Offers)
        assert person.sees("wordt bewaard")
        await person.press("enter")
        await opened(person)
        assert person.app.screen.run_id in runs


async def test_the_menu_of_a_data_key_leads_to_its_own(estate, transit):
    """Of two that wait, that of the volume under the cursor."""
    waiting(estate, transit, OTHER, "vol-0000000000000000e")
    run = waiting(estate, transit, VOLUME, "vol-0000000000000000f")
    async with sit_down(estate, size=(160, 50), config=transit, write=True, lanes="central,tenant") as person:
        await person.stand_on(VOLUME)
        await person.press("a")
        await person.press("down")
        assert person.sees("het oude verwijderen, of terug")
        await person.press("enter")
        await shown(person, run)


async def test_where_nothing_waits_that_is_said(estate):
    """No empty list."""
    async with sit_down(estate, size=SMALL, write=True) as person:
        await person.press("W")
        await person.press("o")
        assert person.sees("Niets wacht om verwijderd te worden")


def test_an_answer_beside_the_choices_is_refused(estate, transit):
    """Also one that was typed elsewhere."""
    from console.errors import UsageError

    run = waiting(estate, transit, VOLUME, "vol-0000000000000000f")
    desk = desk_for(estate, config=transit, write=True, lanes="central,tenant")
    with pytest.raises(UsageError, match=r"run\.field_choice"):
        desk.dispatch.run(AnswerRun(run, (("also", "snap-000000000000000a3"), ("confirm", "x"))))
