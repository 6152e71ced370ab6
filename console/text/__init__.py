"""Words for people, in Dutch and English: catalogues, dates, ages, statuses; and hostile text made harmless."""

from console.text.inert import inert, short
from console.text.words import Text

__all__ = ["Text", "inert", "short"]
