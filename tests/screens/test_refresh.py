"""A refresh that arrives underneath: another process merges, and whoever is looking keeps his place."""

from dataclasses import replace

from tests.estates import bucket, cmk, volume
from tests.screens.sitting import sit_down

PROD = ("Agentschap A", "X", "Productie")


def with_more(harvest, *, cmks=(), data_keys=()):
    return replace(harvest, cmks=(*harvest.cmks, *cmks), data_keys=(*harvest.data_keys, *data_keys))


def without(harvest, *ids):
    return replace(
        harvest,
        cmks=tuple(c for c in harvest.cmks if c.key_id not in ids),
        data_keys=tuple(k for k in harvest.data_keys if k.resource_id not in ids),
    )


def row_of(person):
    return person.tree.cursor - person.tree.top


async def test_rows_that_come_before_the_cursor_move_nothing(estate, elsewhere, harvest):
    """New tenants, applications and volumes above the cursor: the same node, on the same row of the screen."""
    async with sit_down(estate) as person:
        await person.stand_on("x-1-bucket-3")
        before, line, row = person.node, person.tree.cursor, row_of(person)
        new = [cmk(20 + n, "Aaa", f"app {n}", "Productie") for n in range(5)]
        first = harvest.cmks[0]
        elsewhere.merge(with_more(harvest, cmks=new, data_keys=[volume(n, first, *PROD) for n in range(500, 520)]))
        await person.beat()
        assert person.node == before
        assert person.tree.cursor == line + 1 + 20
        assert row_of(person) == row


async def test_rows_that_go_before_the_cursor_move_nothing(estate, elsewhere, harvest):
    """Volumes above the cursor vanish: the same node under the cursor, and no line of them is left."""
    async with sit_down(estate) as person:
        await person.stand_on("x-1-bucket-3")
        before, line = person.node, person.tree.cursor
        elsewhere.merge(without(harvest, "vol-00000000000000001", "x-0-bucket-1"))
        await person.beat()
        assert person.node == before
        assert person.tree.cursor == line - 2
        assert not person.sees("vol-00000000000000001")


async def test_rows_after_the_cursor_come_and_go(estate, elsewhere, harvest):
    """What changes below the cursor shows at once, and the cursor stays."""
    async with sit_down(estate, size=(120, 50)) as person:
        await person.stand_on("vol-00000000000000002")
        before, line, row = person.node, person.tree.cursor, row_of(person)
        prod = harvest.cmks[0]
        changed = without(harvest, "x-0-bucket-4")
        elsewhere.merge(with_more(changed, data_keys=[bucket("x-0-bucket-5", prod, *PROD)]))
        await person.beat()
        assert (person.node, person.tree.cursor, row_of(person)) == (before, line, row)
        assert person.sees("x-0-bucket-5")
        assert not person.sees("x-0-bucket-4")


async def test_a_node_that_disappears_leaves_the_cursor_with_its_owner(estate, elsewhere, harvest):
    """The cursor's own volume is gone: the cursor stands on the CMK it was under, and the facts are that CMK's."""
    async with sit_down(estate) as person:
        await person.stand_on("vol-00000000000000003")
        elsewhere.merge(without(harvest, "vol-00000000000000003"))
        await person.beat()
        assert person.node == "agentschap-a/x/productie"
        assert person.panel.sheet.ref == person.tree.node.ref
        assert not person.app.told


async def test_what_was_unfolded_stays_unfolded_and_folded_stays_folded(estate, elsewhere, harvest):
    """A person's unfolding is his own; a refresh does not touch it."""
    async with sit_down(estate) as person:
        await person.press("right", "right", "right")
        shown = person.tree.length()
        elsewhere.merge(with_more(harvest, cmks=[cmk(30, "Bureau B", "Archief", "Productie")]))
        await person.beat()
        assert person.tree.length() == shown
        assert person.node == "X"
        assert person.sees("▸ T&I")
        assert person.sees("▸ Bureau B")


async def test_a_refresh_keeps_the_place_in_the_facts(estate, elsewhere, harvest):
    """Reading the facts line by line, a refresh does not throw the reader back to the top."""
    async with sit_down(estate) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("tab", *["down"] * 7)
        fact = person.app.explorer.fact
        prod = replace(harvest.cmks[0], description="anders")
        elsewhere.merge(replace(harvest, cmks=(prod, *harvest.cmks[1:])))
        await person.beat()
        assert person.app.explorer.fact.label == fact.label
        assert person.sees("anders")


async def test_a_filter_stays_and_learns_what_is_new(estate, elsewhere, harvest):
    """While a filter is on, a new match appears among the matches and nothing else does."""
    async with sit_down(estate) as person:
        await person.type("/t&i")
        await person.press("enter", "down", "down")
        assert person.node == "T&I"
        elsewhere.merge(with_more(harvest, cmks=[cmk(40, "Bureau B", "Loket", "T&I"), cmk(41, "Ccc", "X", "Dev")]))
        await person.beat()
        assert person.node == "T&I"
        assert person.tree.filtered
        assert person.sees("Bureau B")
        assert not person.sees("Ccc")


async def test_a_sorted_and_filtered_table_stays_so(estate, elsewhere, harvest):
    """The data keys of a CMK, filtered and sorted by name: a refresh keeps order, filter and the chosen row."""
    async with sit_down(estate, size=(200, 50)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("3", "tab")
        await person.type("/bucket")
        await person.press("enter", "shift+right", "shift+right", "O", "down")
        table = person.panel.table
        assert table.chosen.facts.resource_id == "x-0-bucket-3"
        prod = harvest.cmks[0]
        elsewhere.merge(with_more(harvest, data_keys=[bucket("x-0-bucket-9", prod, *PROD)]))
        await person.beat()
        assert [r.facts.resource_id for r in table.taken()] == [f"x-0-bucket-{n}" for n in (9, 4, 3, 2, 1)]
        assert table.chosen.facts.resource_id == "x-0-bucket-3"


async def test_search_results_follow_the_store(estate, elsewhere, harvest):
    """A search left open shows what a sync brings, and the chosen match stays chosen."""
    async with sit_down(estate) as person:
        await person.press("F")
        await person.type("x-1-bucket")
        await person.press("down", "down")
        found = person.app.screen.found
        chosen = found.chosen.label or found.chosen.name
        elsewhere.merge(without(harvest, "x-1-bucket-1"))
        await person.beat()
        assert found.length() == 3
        assert (found.chosen.label or found.chosen.name) == chosen


async def test_the_whole_estate_may_vanish(estate, elsewhere, harvest):
    """Everything gone: an empty tree, a console that still answers, and no error on screen."""
    async with sit_down(estate) as person:
        await person.stand_on("x-1-bucket-3")
        elsewhere.merge(replace(harvest, cmks=(), data_keys=(), declared=()))
        await person.beat()
        assert person.tree.length() <= 1
        await person.press("down", "right", "2", "y", "escape", "w", "escape")
        assert not person.app.told
