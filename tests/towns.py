"""A sandbox with its estate between two parties: each has credentials, settings and a store of its own."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console.sandbox import process
from console.sandbox.seeding import EXCHANGE

A = "Agentschap A"
CENTRAL, TENANT, REGION = "999988887777", "111122223333", "eu-west-1"


@dataclass(frozen=True)
class Town:
    """`environment` are the variables by which either finds its credentials."""

    folder: Path
    environment: dict[str, str]
    endpoint: str

    def store(self, party):
        return self.folder / f"{party}.db"

    def config(self, party):
        return self.folder / "sandbox" / "config.toml" if party == "admin" else self.folder / f"{party}.toml"

    def admin(self, *words, **how):
        return self._run("admin", *words, **how)

    def owner(self, *words, **how):
        return self._run("owner", "--role", "owner", "--scope", A, *words, **how)

    def _run(self, party, *words, code=0):
        """One process of the console; what it printed as JSON, or its sentence where it must end otherwise."""
        line = [sys.executable, "-m", "console", "--json", "--lang", "en",
                "--config", str(self.config(party)), "--store", str(self.store(party))]  # fmt: skip
        env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | self.environment
        done = subprocess.run([*line, *words], capture_output=True, text=True, env=env, timeout=100, check=False)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr.strip()


@contextmanager
def town_in(folder):
    """Gone, with its sandbox, at the end."""
    running = process.start(folder / "sandbox", private=True)
    try:
        told = (folder / "sandbox" / "config.toml").read_text()
        public = told.partition('trusted_keys = ["')[2].partition('"')[0]
        (folder / "owner.toml").write_text(
            f'[aws]\nregions = ["{REGION}"]\nendpoint_url = "{running.endpoint}"\nprofile = "agentschap-a"\n'
            f'central_account = "{CENTRAL}"\n[exchange]\nbucket = "{EXCHANGE}"\ntrusted_keys = ["{public}"]\n'
            f'[[tenants]]\nname = "{A}"\naccounts = ["{TENANT}"]\n'
        )
        yield Town(folder, dict(running.environment), running.endpoint)
    finally:
        process.stop(folder / "sandbox")
