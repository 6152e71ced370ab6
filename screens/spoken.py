"""What `:` understands: views by their words, and the few wishes that are no view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.commands.inventory import BrowseTree
from console.errors import ConsoleError
from screens.theme import THEMES
from screens.views import BY_WORD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from screens.app import ConsoleApp

LANGUAGES = ("nl", "en")


async def speak(app: ConsoleApp, line: str) -> None:
    """Do what one line asks for; what is not understood is said."""
    word, _, rest = line.strip().removeprefix(":").partition(" ")
    rest = rest.strip()
    if word in BY_WORD:
        await app.open_view(BY_WORD[word], rest or None)
    elif word in _WISHES:
        await _WISHES[word](app, rest)
    elif word:
        _unknown(app, f"{word} {rest}".strip())


def completions(typed: str) -> list[str]:
    """Whole lines that begin as a person may mean it."""
    if typed.startswith("theme "):
        return [f"theme {theme.name}" for theme in THEMES]
    if typed.startswith("lang "):
        return [f"lang {lang}" for lang in LANGUAGES]
    return [*BY_WORD, *_WISHES]


def _unknown(app: ConsoleApp, line: str) -> None:
    app.tell(app.desk.text.t("command.unknown", line=line), severity="warning")


async def _quit(app: ConsoleApp, _: str) -> None:
    app.exit(0)


async def _sync(app: ConsoleApp, _: str) -> None:
    app.action_sync()


async def _asof(app: ConsoleApp, when: str) -> None:
    from screens.looking_back import look_back

    await look_back(app, when)


async def _export(app: ConsoleApp, path: str) -> None:
    app.action_export(path)


async def _tree(app: ConsoleApp, path: str) -> None:
    if not path:
        app.to_explorer()
        return
    try:
        app.go_to(app.desk.dispatch.run(BrowseTree()).branch(path))
    except ConsoleError as error:
        app.complain(error)


async def _theme(app: ConsoleApp, name: str) -> None:
    if name in {theme.name for theme in THEMES}:
        app.theme = name
    else:
        _unknown(app, f"theme {name}")


async def _lang(app: ConsoleApp, lang: str) -> None:
    if lang in LANGUAGES:
        await app.speak_language(lang)
    else:
        _unknown(app, f"lang {lang}")


_WISHES: dict[str, Callable[[ConsoleApp, str], Awaitable[None]]] = {
    "sync": _sync,
    "tree": _tree,
    "explorer": _tree,
    "asof": _asof,
    "export": _export,
    "theme": _theme,
    "lang": _lang,
    "q": _quit,
    "quit": _quit,
}
"""Word to what it does with the rest of the line."""
