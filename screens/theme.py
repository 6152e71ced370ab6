"""Our own colours: dark and light, each with a twin for those who do not tell red from green."""

from __future__ import annotations

from typing import Any

from textual.theme import Theme

DARK: dict[str, Any] = {"background": "#14181d", "surface": "#14181d", "panel": "#1d232b", "foreground": "#d7dde5"}
LIGHT: dict[str, Any] = {"background": "#fbfbf9", "surface": "#fbfbf9", "panel": "#ecedea", "foreground": "#22272d"}

THEMES = (
    Theme("dark", primary="#8ab4f8", secondary="#93a4b8", accent="#8ab4f8", success="#7ec699", warning="#e5b567",
          error="#f28b82", dark=True, variables={"quiet": "#93a0af", "guide": "#4a5563", "chosen": "#2b3a4f"}, **DARK),
    Theme("light", primary="#1a56b0", secondary="#4b5866", accent="#1a56b0", success="#1d6b3a", warning="#8a5300",
          error="#b3261e", dark=False,
          variables={"quiet": "#5b6570", "guide": "#a9b0b8", "chosen": "#d5e2f5"}, **LIGHT),
    Theme("dark-deuteranopia", primary="#8ab4f8", secondary="#93a4b8", accent="#8ab4f8", success="#6cb6e8",
          warning="#f0c755", error="#f29e4c", dark=True,
          variables={"quiet": "#93a0af", "guide": "#4a5563", "chosen": "#2b3a4f"}, **DARK),
    Theme("light-deuteranopia", primary="#1a56b0", secondary="#4b5866", accent="#1a56b0", success="#0b5c94",
          warning="#7a5d00", error="#a34700", dark=False,
          variables={"quiet": "#5b6570", "guide": "#a9b0b8", "chosen": "#d5e2f5"}, **LIGHT),
)  # fmt: skip
"""Text on its ground is at AA contrast in each; the second pair parts good, warning and bad by blue, yellow, orange."""
