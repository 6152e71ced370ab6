"""Two parties over one estate: an administrator's store, an owner's, and a key that both know."""

from dataclasses import dataclass, replace
from pathlib import Path

from console.services.exchange.keys import make_key, signer_of
from console.services.exchange.places import FolderPlace
from console.services.exchange.publish import Publisher
from console.services.exchange.pull import Puller
from console.services.findings.judge import judge
from console.settings import ExchangeSettings, Settings
from store.database import Store
from store.merge import merge
from store.records import Scope
from tests.estates import NOW, example

A, B = "Agentschap A", "Bureau B"


@dataclass
class Parties:
    """An administrator who has synced, and a folder between him and the others."""

    home: Path
    store: Store
    key: str
    now: int = NOW

    @property
    def folder(self):
        return self.home / "post"

    def publish(self, tenant="", to=None, at=None):
        place = FolderPlace(to or self.folder)
        clock = at or self.now
        signer = signer_of(str(self.home / "signing.pem"))
        return Publisher(self.store, place, signer, lambda: clock, by="an").run(tenant)

    def settings(self, tenant=A, **exchange):
        told = ExchangeSettings(trusted_keys=(self.key,), max_age_days=30)
        scope = Scope(tenant) if tenant else None
        role = "owner" if tenant else "support"
        return Settings(
            store=self.home / f"{tenant or 'support'}.db", role=role, scope=scope, exchange=replace(told, **exchange)
        )

    def pull(self, tenant=A, source=None, at=None, **exchange):
        settings = self.settings(tenant, **exchange)
        clock = at or self.now
        store = Store.open(settings.store, write=True)
        try:
            return Puller(settings, store, FolderPlace(source or self.folder), lambda: clock).run()
        finally:
            store.close()

    def letter(self, tenant=A):
        return Path(FolderPlace(self.folder).name(tenant))


def parties(home, harvest=None):
    store = Store.open(home / "admin.db", write=True)
    merge(store, harvest or example(), NOW)
    judge(store, Settings(), NOW)
    (home / "post").mkdir()
    return Parties(home, store, make_key(home / "signing.pem"))
