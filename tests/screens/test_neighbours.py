"""At the screens, too, nothing shows of who is out of sight, and what a role may not do says why."""

import pytest

from screens.views import VIEWS
from tests.house.neighbours import OTHERS, SIBLINGS, A, build
from tests.screens.sitting import LARGE, sit_down

TABS = ("1", "2", "3", "4", "5", "6")
KEYS = ("u", "t", "w", "C", "y", "d", "J")
"""What a key opens on the node under the cursor, and leaves again."""

SEARCHES = ("zw", "vol", "zij")


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    return build(tmp_path_factory.mktemp("screens"))


async def walk(at):
    """Every view, every node with its tabs, what its keys open, searches and filters: all that was painted."""
    seen = []

    async def look(*keys):
        await at.press(*keys)
        seen.append(at.painted())

    for view in VIEWS:
        await at.app.open_view(view)
        await at.settle()
        seen.append(at.painted())
    at.app.to_explorer()
    await look("home", "asterisk")
    for line in range(at.tree.length()):
        at.tree.go(line)
        await at.settle()
        seen.append(at.painted())
    for words in (("productie", "agentschap-a/x"), ("–",), ("mijn-schijf",)):
        await at.stand_on(*words)
        for tab in TABS:
            await look(tab)
        for key in KEYS:
            await look(key)
            await look("escape")
    for text in SEARCHES:
        await look("F")
        await at.type(text)
        seen.append(without_typed(at.painted(), text))
        await look("escape", "escape")
    return "\n".join(seen).lower()


def without_typed(painted, text):
    return painted.replace(text, "#", 1)


@pytest.mark.parametrize(
    ("who", "marks"),
    [
        pytest.param({"role": "owner", "scope": A}, OTHERS, id="owner"),
        pytest.param({"role": "owner", "scope": f"{A}/X"}, OTHERS + SIBLINGS, id="application"),
        pytest.param({"role": "support", "scope": A}, OTHERS, id="support"),
    ],
)
async def test_no_screen_shows_a_word_of_somebody_else(linked, who, marks):
    """Every view, node, tab and window of a session with a scope, as painted."""
    async with sit_down(linked.store, LARGE, config=str(linked.config), **who) as at:
        painted = await walk(at)
    found = {
        mark: painted[max(0, painted.index(mark) - 60) : painted.index(mark) + 40] for mark in marks if mark in painted
    }
    assert found == {}
    assert "agentschap a" in painted


async def test_support_is_told_why_there_is_no_raw_form(linked):
    """`y` opens nothing for the support desk and says so; the policy's tab says that it is withheld."""
    async with sit_down(linked.store, LARGE, config=str(linked.config), role="support") as at:
        await at.stand_on("productie", "agentschap-a/x")
        before = at.app.screen
        await at.press("y")
        assert at.app.screen is before
        assert at.sees(at.app.desk.text.t("policy.role.whole", role="support")[:40])
        await at.press("4")
        assert at.sees(at.app.desk.text.t("sheet.redacted")[:40])
        assert not at.sees("kms:CallerAccount")


async def test_an_auditor_sees_the_raw_form(linked):
    """The same key opens it for who may see everything."""
    async with sit_down(linked.store, LARGE, config=str(linked.config), role="auditor") as at:
        await at.stand_on("productie", "agentschap-a/x")
        before = at.app.screen
        await at.press("y")
        assert at.app.screen is not before
