"""What a client needs to find its way in: credentials, AWS profiles, and settings for the console."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from console.sandbox.accounts import CENTRAL
from console.sandbox.agencies import CAST, SHORT, Agency
from console.sandbox.errors import AwsError
from console.sandbox.folder import REGION, Folder
from console.sandbox.mistakes import DATA_CLASS, LONGEST_SECRET, SECRET
from console.sandbox.seeding import EXCHANGE, PASSAGE, ROLE, ROTATE

if TYPE_CHECKING:
    from console.sandbox.world import World


def write_guide(home: Folder, world: World, url: str) -> None:
    """Write credentials, aws-config and config.toml into the folder, for the accounts that the world has."""
    accounts = world.accounts.by_id
    present = [agency for agency in CAST if agency.account in accounts]
    home.write_profiles(
        [("central", accounts[CENTRAL]), *((agency.slug, accounts[agency.account]) for agency in present)]
    )
    exchange = [_exchange(home)] if present else []
    passage = _passage(world) if present else ""
    tenants = [_tenant(agency) for agency in present]
    parts = [_aws(url), TERMS, REQUESTS, *([passage] if passage else []), *exchange, *tenants]
    home.write("config.toml", "\n".join(parts))


TERMS = f"""\
[tags]
data_class = "{DATA_CLASS}"

[age.classes]
"{SECRET}" = {LONGEST_SECRET}
"""

REQUESTS = "[request.short]\n" + "".join(f"{json.dumps(name)} = {json.dumps(short)}\n" for name, short in SHORT.items())
"""So that a CMK that is asked for is called as those that are there."""


def _passage(world: World) -> str:
    """The CMK to pass under, where the central account still has it."""
    caller = world.accounts.by_id[CENTRAL].administrator
    try:
        told = world.kms.call(caller, REGION, "DescribeKey", {"KeyId": PASSAGE})
    except AwsError:
        return ""
    return f'[rotation]\ntransit = "{told["KeyMetadata"]["Arn"]}"\n'


def _exchange(home: Folder) -> str:
    """The exchange bucket, with a signing key that is made once and that its own settings trust."""
    path = home.path / "signing-key.pem"
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        home.write(path.name, pem.decode())
    key: Any = load_pem_private_key(path.read_bytes(), None)
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return (
        "[exchange]\n"
        f'bucket = "{EXCHANGE}"\n'
        f"signing_key = {json.dumps(str(path))}\n"
        f'trusted_keys = ["ed25519:{public}"]\n'
    )


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
        f'act_role_arn = "arn:aws:iam::{{account}}:role/{ROTATE}"',
        f"act_profile = {json.dumps(agency.slug)}",
        "[tenants.applications]",
    ]
    for application, environments in agency.applications.items():
        lines.append(f"{_key(application)} = {json.dumps(list(environments), ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.isalnum() and name.isascii() else json.dumps(name, ensure_ascii=False)
