"""The services that commands use, over one turning."""

from console.services.catalog import Catalog


class Desk:
    """Enough of them for the verbs about rotations."""

    def __init__(self, turning):
        self.turning, self.store, self.settings = turning, turning.store, turning.settings
        self.catalog = Catalog(turning.store, turning.settings)

    def guided(self, *, write):
        return self.turning.engine()
