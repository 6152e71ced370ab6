"""Many wishes at once: every line is judged on its own, and either all are submitted or none."""

import json

import pytest

from console.errors import UsageError
from console.services.requests import bulk
from tests.requests.ground import A

HEAD = "tenant,application,environment,services,reason\n"


def lines(text):
    return bulk.lines(HEAD + text)


def test_all_or_none(ground):
    """One line that does not hold, by its number and reason, and nothing is submitted; mended, all are."""
    told = lines(
        f'{A},X,Productie,ebs,nodig\n{A},X,"Test, Dev",s3,nodig\n{A},X,Dev,niets,nodig\n{A},X,Productie,s3,weer\n'
    )
    _, wrong = ground.owner.desk.judged_lines(told)
    assert [(each.line, each.problems[0].key) for each in wrong] == [
        (3, "request.two_environments"), (4, "request.no_service"), (5, "request.twice"),
    ]  # fmt: skip
    with pytest.raises(UsageError):
        ground.owner.desk.submit_all(told)
    assert ground.owner.desk.requests.all() == []
    made = ground.owner.desk.submit_all(lines(f"{A},X,Productie,ebs,nodig\n{A},X,Dev,s3,nodig\n"))
    assert {request.wanted.environment for request in made} == {"Productie", "Dev"}
    assert len(ground.admin.desk.fetch().moved) == 2


def test_a_second_try_after_a_broken_connection_asks_nothing_twice(ground):
    """The ids follow from the wishes; what was recorded and not sent goes out."""
    told = lines(f"{A},X,Productie,ebs,nodig\n")
    (made,) = ground.owner.desk.submit_all(told)
    with pytest.raises(UsageError) as again:
        ground.owner.desk.submit_all(told)
    assert again.value.key == "request.asked_already"
    ground.admin.desk.fetch()
    ground.admin.desk.move(made.id, "reject", "nee")
    ground.owner.desk.fetch()
    (second,) = ground.owner.desk.submit_all(told)
    assert second.id != made.id


def test_spreadsheets_of_this_country(ground):
    """Semicolons, Dutch headings, a mark of the encoding, and a formula's guard taken off again."""
    told = bulk.lines(
        "\ufeffafnemer;toepassing;omgeving;diensten;reden\nAgentschap A;X;Productie;ebs s3;'=nodig\n".lstrip("\ufeff")
    )
    wish = ground.owner.desk.wish(told[0].cells)
    assert (wish.services, wish.reason) == (("ebs", "s3"), "=nodig")


@pytest.mark.parametrize(("text", "key"), [
    ("", "request.file_columns"), ("a,b\n1,2\n", "request.file_column"), ("tenant\nA\n", "request.file_columns"),
    (HEAD, "request.file_lines"), (HEAD + "a,b,c,d,e\n" * 2001, "request.file_lines"),
])  # fmt: skip
def test_files_that_are_none(text, key):
    with pytest.raises(UsageError) as refused:
        bulk.lines(text)
    assert refused.value.key == key


def test_hostile_cells_are_told_harmlessly(ground, capsys):
    """Escapes, newlines and formulas in a file come out inert, in tables, JSON and CSV."""
    from console.__main__ import main

    path = ground.folder / "wishes.csv"
    path.write_text(HEAD + f'{A},"X\x1b[2J","=HYPERLINK(1)\nDev",ebs,r\n')
    words = ["--config", str(ground.folder / "owner.toml"), "--store", str(ground.owner.settings.store), "--role", "owner",
             "--scope", A, "--write", "request", "new", "--from", str(path)]  # fmt: skip
    for form in ([], ["--json"], ["--csv"]):
        assert main([*words, *form]) == 2
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert not any(line.startswith("=") for line in out.splitlines())
        if "--json" in form:
            assert json.loads(out)[0]["line"] == 2
