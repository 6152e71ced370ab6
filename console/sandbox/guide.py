"""What a client needs to find its way in: credentials, AWS profiles, and settings for the console."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from console.sandbox.accounts import CENTRAL
from console.sandbox.agencies import CAST, Agency
from console.sandbox.folder import REGION, Folder
from console.sandbox.mistakes import DATA_CLASS, LONGEST_SECRET, SECRET
from console.sandbox.seeding import ROLE

if TYPE_CHECKING:
    from console.sandbox.world import World


def write_guide(home: Folder, world: World, url: str) -> None:
    """Write credentials, aws-config and config.toml into the folder, for the accounts that the world has."""
    accounts = world.accounts.by_id
    present = [agency for agency in CAST if agency.account in accounts]
    home.write_profiles(
        [("central", accounts[CENTRAL]), *((agency.slug, accounts[agency.account]) for agency in present)]
    )
    home.write("config.toml", "\n".join([_aws(url), TERMS, *(_tenant(agency) for agency in present)]))


TERMS = f"""\
[tags]
data_class = "{DATA_CLASS}"

[age.classes]
"{SECRET}" = {LONGEST_SECRET}
"""


def _aws(url: str) -> str:
    return (
        "[aws]\n"
        f"endpoint_url = {json.dumps(url)}\n"
        f"regions = [{json.dumps(REGION)}]\n"
        f'central_account = "{CENTRAL}"\n'
        'profile = "default"\n'
    )


def _tenant(agency: Agency) -> str:
    lines = [
        "[[tenants]]",
        f"name = {json.dumps(agency.name, ensure_ascii=False)}",
        f'accounts = ["{agency.account}"]',
        f'role_arn = "arn:aws:iam::{{account}}:role/{ROLE}"',
        f"act_profile = {json.dumps(agency.slug)}",
        "[tenants.applications]",
    ]
    for application, environments in agency.applications.items():
        lines.append(f"{_key(application)} = {json.dumps(list(environments), ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.isalnum() and name.isascii() else json.dumps(name, ensure_ascii=False)
