"""The explorer: walking the tree, folding, filtering, reading the panel."""

import pytest

from tests.screens.sitting import SMALL, sit_down

PROD_ARN = "arn:aws:kms:eu-west-1:999988887777:key/00000000-0000-4000-8000-000000000001"


async def test_it_opens_on_the_tenants(estate):
    """The first thing a person sees are the tenants, with how many CMKs lie under them."""
    async with sit_down(estate) as person:
        assert "4 CMK" in person.line_with("▸ Agentschap A")
        assert person.sees("▸ Bureau B")
        assert person.sees("▸ niet toegewezen")
        assert not person.sees("Productie")


async def test_right_unfolds_then_goes_in_and_left_comes_back(estate):
    """→ unfolds and then enters; ← folds and then goes to the owner; l and h do the same."""
    async with sit_down(estate) as person:
        await person.press("right")
        assert person.node == "Agentschap A"
        assert person.sees("▸ X")
        await person.press("l")
        assert person.node == "X"
        await person.press("h")
        assert person.node == "Agentschap A"
        await person.press("left")
        assert not person.sees("▸ X")


async def test_an_owner_is_a_key_away(estate):
    """J climbs from a data key to its CMK, its environment, its application, its tenant, and stays there."""
    async with sit_down(estate) as person:
        await person.stand_on("vol-00000000000000002")
        climbed = []
        for _ in range(5):
            await person.press("J")
            climbed.append(person.node)
        assert climbed == ["agentschap-a/x/productie", "Productie", "X", "Agentschap A", "Agentschap A"]


async def test_a_star_unfolds_all_and_keeps_the_cursor_on_its_node(estate):
    """After * every node has its line, and the cursor is where it was."""
    async with sit_down(estate) as person:
        await person.press("down", "asterisk")
        assert person.node == "Bureau B"
        assert person.sees("vol-00000000000000004")
        assert person.sees("x-1-bucket-4")


async def test_words_filter_the_tree_and_esc_brings_it_back(estate):
    """While typing only matches and all above them stay; esc brings back the whole, on the same node."""
    async with sit_down(estate) as person:
        await person.type("/t&i")
        assert person.sees("T&I")
        assert not person.sees("Bureau B")
        await person.press("enter", "down", "down")
        assert person.node == "T&I"
        await person.press("escape")
        assert person.sees("Bureau B")
        assert person.node == "T&I"


@pytest.mark.parametrize(
    ("words", "there", "gone"),
    [
        ("!productie kind:environment", "T&I", "vol-00000000000000001"),
        ("bucket-3", "x-0-bucket-3", "x-0-bucket-2"),
        ("status:disabled", "Bureau B", "Agentschap A"),
        ("status:uitgesch", "Bureau B", "Agentschap A"),
        ("soort:omgeving !t&i", "Dev", "T&I"),
        ("nothing-is-called-this", "filter", "Agentschap A"),
    ],
)
async def test_a_filter_can_say_not_and_name_a_column(estate, words, there, gone):
    """`!not` hides what matches, `col:value` looks in one column, and what nobody is called leaves nothing."""
    async with sit_down(estate) as person:
        await person.press("asterisk")
        await person.type(f"/{words}")
        assert any(there in line for line in person.lines()[2:])
        assert not any(gone in line[:58] for line in person.lines()[2:-1])


async def test_what_a_person_types_is_on_the_last_line_instead_of_the_keys(estate):
    """The words of a filter and of a command are seen while they are typed, and the keys again once they are."""
    async with sit_down(estate, size=SMALL) as person:
        keys = person.lines()[-1]
        for opening, words in (("/", "bureau"), (":", "history 30d")):
            await person.press({"/": "slash", ":": "colon"}[opening])
            await person.type(words)
            assert person.lines()[-1].strip() == words
            await person.press("escape")
            assert person.lines()[-1] == keys


async def test_a_filter_that_finds_nothing_says_so_and_how_to_go_back(estate):
    """An empty tree is no mystery: it says that nothing answers to the filter, and which key shows all again."""
    async with sit_down(estate) as person:
        await person.type("/nothing-is-called-this")
        await person.press("enter")
        assert person.sees("esc toont alles")
        await person.press("escape")
        assert person.sees("Agentschap A")
        assert not person.sees("esc toont alles")


async def test_leaving_the_prompt_with_esc_leaves_the_filter(estate):
    """esc in the prompt takes the filter away and gives the tree its keys back."""
    async with sit_down(estate) as person:
        await person.type("/bureau")
        assert not person.sees("Agentschap A")
        await person.press("escape")
        assert person.sees("Agentschap A")
        await person.press("down")
        assert person.tree.has_focus
        assert not person.sees("filter: ")


async def test_each_tab_answers_for_a_cmk(estate):
    """1 to 5 show overview, HBKs, data keys, policy and history of a CMK."""
    async with sit_down(estate, size=(200, 50)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("2")
        assert person.sees("automatisch")
        await person.press("3")
        assert any("vol-00000000000000001" in line[80:] for line in person.lines())
        assert any("x-0-bucket-4" in line[80:] for line in person.lines())
        await person.press("4")
        assert person.sees("2012-10-17")
        await person.press("5")
        assert any("2026-10-19" in line[80:] for line in person.lines())
        await person.press("1")
        assert person.sees("laatst geroteerd op 2026-10-19")
        assert person.sees("daardoor niet gewijzigd; de oudste dateert van 2025-10-14")


async def test_comma_and_full_stop_turn_the_tabs(estate):
    """. goes to the next tab, , to the previous, round the corner."""
    async with sit_down(estate) as person:
        await person.press("full_stop")
        assert person.panel.tab == "calendar"
        await person.press("comma", "comma")
        assert person.panel.tab == "cost"


async def test_tab_walks_between_tree_and_facts(estate):
    """tab goes to the facts and back; arrows then walk where the person is."""
    async with sit_down(estate) as person:
        await person.press("tab", "down")
        assert person.node == "Agentschap A"
        assert person.panel.facts.cursor == 1
        await person.press("tab", "down")
        assert person.node == "Bureau B"


async def test_a_data_key_in_the_table_is_opened_in_the_tree(estate):
    """enter on a row of the data keys stands on that node, and [ goes back to where one was, ] forward."""
    async with sit_down(estate, size=(160, 45)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("3", "tab", "down", "enter")
        assert person.tree.node.label == "vol-00000000000000002"
        await person.press("left_square_bracket")
        assert person.node == "agentschap-a/x/productie"
        await person.press("right_square_bracket")
        assert person.tree.node.label == "vol-00000000000000002"


async def test_the_table_of_a_cmk_filters_and_sorts(estate):
    """/ in a table keeps the rows that answer; shift+→ sorts by a column and O turns it."""
    async with sit_down(estate, size=(200, 50)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("3", "tab")
        await person.type("/id:bucket !bucket-1")
        await person.press("enter")
        shown = [row.facts.resource_id for row in person.panel.table.taken()]
        assert shown == ["x-0-bucket-2", "x-0-bucket-3", "x-0-bucket-4"]
        await person.press("shift+right", "shift+right", "O")
        assert [row.facts.resource_id for row in person.panel.table.taken()] == shown[::-1]


async def test_esc_takes_a_tables_filter_away(estate):
    """Out of the filter first, out of the table after that."""
    async with sit_down(estate, size=(200, 50)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("3", "tab")
        await person.type("/bucket")
        await person.press("enter", "escape")
        assert person.panel.table.length() == 8
        assert person.panel.table.has_focus
        await person.press("escape")
        assert person.tree.has_focus


async def test_a_storm_of_keys_ends_where_it_should(estate):
    """500 times down in one burst ends on the last line, 500 times up on the first; nothing lags behind."""
    async with sit_down(estate) as person:
        await person.press("asterisk")
        await person.press(*["down"] * 500)
        assert person.tree.cursor == person.tree.length() - 1
        await person.press(*["up"] * 3)
        assert person.tree.cursor == person.tree.length() - 4
        assert person.panel.sheet.ref == person.tree.node.ref


async def test_the_path_line_says_where_the_cursor_stands(estate):
    """The line under the banner holds the way from the tenant down."""
    async with sit_down(estate) as person:
        await person.stand_on("x-1-bucket-2")
        assert person.lines()[1].strip().startswith("Agentschap A / X / T&I / ")
        assert "x-1-bucket-2" in person.lines()[1]


async def test_the_last_tab_says_what_it_costs(estate):
    """Of a CMK and of a place: the sum, how it comes about, and who pays."""
    async with sit_down(estate, size=(160, 45)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("6")
        assert "3,00 USD" in person.line_with("nu per maand")
        await person.press("home", "4")
        assert "9,00 USD" in person.line_with("nu per maand")
        assert "X · 3 CMK · 7,00 USD" in person.line_with("waarvan")
