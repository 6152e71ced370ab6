"""Owner and administrator as processes with stores, credentials and settings of their own, from wish to first use."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from console.sandbox import process
from console.sandbox.seeding import EXCHANGE

A = "Agentschap A"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A sandbox with its estate, and each party's settings."""
    folder = tmp_path_factory.mktemp("town")
    running = process.start(folder / "sandbox", private=True)
    told = (folder / "sandbox" / "config.toml").read_text()
    public = told.partition('trusted_keys = ["')[2].partition('"')[0]
    (folder / "owner.toml").write_text(
        f'[aws]\nregions = ["eu-west-1"]\nendpoint_url = "{running.endpoint}"\nprofile = "agentschap-a"\n'
        f'central_account = "999988887777"\n[exchange]\nbucket = "{EXCHANGE}"\ntrusted_keys = ["{public}"]\n'
        f'[[tenants]]\nname = "{A}"\naccounts = ["111122223333"]\n'
    )
    yield SimpleNamespace(folder=folder, running=running)
    process.stop(folder / "sandbox")


def run(town, config, store, *words, code=0):
    """One process of the console; what it printed as JSON, or its sentence where it must end otherwise."""
    line = [
        sys.executable,
        "-m",
        "console",
        "--json",
        "--lang",
        "en",
        "--config",
        str(config),
        "--store",
        str(town.folder / store),
    ]
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | town.running.environment
    done = subprocess.run([*line, *words], capture_output=True, text=True, env=env, timeout=100, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else done.stderr.strip()


def admin(town, *words, **how):
    return run(town, town.folder / "sandbox" / "config.toml", "admin.db", *words, **how)


def owner(town, *words, **how):
    return run(town, town.folder / "owner.toml", "owner.db", "--role", "owner", "--scope", A, *words, **how)


def paths(tree):
    return {node["path"] for node in tree}


def test_from_wish_to_first_use_by_command_line(town):
    """Every verb once, exit codes as promised, and the CMK in the trees of both before anybody syncs again."""
    admin(town, "sync", "--publish")
    owner(town, "pull")
    wish = ("request", "new", f"{A}/Z/Productie", "--services", "ebs,secretsmanager", "--reason", "new desk")
    (looked,) = owner(town, *wish, "--plan")
    assert (looked["alias"], looked["problems"]) == ("alias/agentschap-a/z/productie", [])
    assert "only looking" in owner(town, *wish, code=3)
    (made,) = owner(town, "--write", *wish)
    assert made["state"] == "submitted"
    assert "under way" in owner(town, "--write", *wish, code=2)
    assert "has a CMK already" in owner(town, "--write", "request", "new", f"{A}/X/Productie", "--reason", "x", code=2)
    (listed,) = admin(town, "request")
    assert (listed["id"], listed["waits_for"]) == (made["id"], "administrator")
    id_ = made["id"]
    assert "administrator" in owner(town, "--write", "request", "approve", id_, code=3)
    admin(town, "--write", "request", "ask", id_, "--reason", "which data?")
    (asked,) = owner(town, "request", "list")
    assert (asked["state"], asked["moves"][-1]["said"]) == ("asked", "which data?")
    owner(town, "--write", "request", "answer", id_, "--reason", "none yet")
    assert admin(town, "--write", "request", "approve", id_)["state"] == "approved"
    plan = admin(town, "request", "provision", id_, "--plan")
    assert [step["name"] for step in plan["steps"]] == [
        "claim", "check", "key", "alias", "rotation", "verify", "learn", "deliver",
    ]  # fmt: skip
    done = admin(town, "--write", "request", "provision", id_)
    assert (done["run"]["status"], done["request"]["state"]) == ("done", "delivered")
    (handed,) = owner(town, "request")
    key_id = handed["key_arn"].rpartition("/")[2]
    place = f"{A}/Z/Productie/{key_id}"
    assert place in paths(admin(town, "tree", f"{A}/Z"))
    assert place in paths(owner(town, "tree", f"{A}/Z"))
    package = owner(town, "request", "show", id_)["package"]
    assert handed["key_arn"] in package["iam_policy"]
    assert {snippet["service"] for snippet in package["snippets"]} == {"ebs", "secretsmanager"}
    assert handed["key_arn"] in package["mail"]["nl"]
    assert "no use" in admin(town, "--write", "request", "confirm", id_, code=1).lower()
    assert owner(town, "--write", "request", "confirm", id_)["state"] == "in_use"
    (seen,) = admin(town, "request", "--all")
    assert (seen["state"], seen["moves"][-1]["facts"]["seen"]) == ("in_use", "describe_key")
    acts = [line["command"] for line in admin(town, "audit", "list")]
    assert acts.count("request") >= 6
    assert admin(town, "audit", "verify")["whole"]


def test_the_administrator_sees_the_first_use_by_itself(town):
    """A tenant who uses the key and says nothing: KMS's last usage tells."""
    owner(town, "--write", "request", "new", f"{A}/Z/Dev", "--client-side", "--reason", "x")
    (listed,) = [one for one in admin(town, "request") if one["environment"] == "Dev"]
    admin(town, "--write", "request", "approve", listed["id"])
    done = admin(town, "--write", "request", "provision", listed["id"])
    arn = done["request"]["key_arn"]
    import botocore.session

    session = botocore.session.Session(profile="agentschap-a")
    for name, value in town.running.environment.items():
        session.set_config_variable(
            {"AWS_SHARED_CREDENTIALS_FILE": "credentials_file", "AWS_CONFIG_FILE": "config_file"}[name], value
        )
    kms = session.create_client("kms", "eu-west-1", endpoint_url=town.running.endpoint)
    kms.generate_data_key_without_plaintext(KeyId=arn, KeySpec="AES_256")
    confirmed = admin(town, "--write", "request", "confirm", listed["id"])
    assert confirmed["moves"][-1]["facts"]["seen"] == "last_use"


def test_an_owner_withdraws_by_command_line(town):
    """Both sides see it closed, the audit tells it, and a second time says that there is nothing left to withdraw."""
    (made,) = owner(town, "--write", "request", "new", f"{A}/Z/Test", "--reason", "try")
    id_ = made["id"]
    assert "only looking" in owner(town, "request", "withdraw", id_, code=3)
    assert owner(town, "--write", "request", "withdraw", id_, "--reason", "no longer")["state"] == "withdrawn"
    assert "was withdrawn" in owner(town, "--write", "request", "withdraw", id_, code=2)
    (there,) = [one for one in admin(town, "request", "--all") if one["id"] == id_]
    assert (there["state"], there["waits_for"], there["moves"][-1]["said"]) == ("withdrawn", None, "no longer")
    ends = [line["act"] for line in owner(town, "audit", "list") if line["subject"].startswith(id_)]
    assert (ends.count("done"), ends.count("failed")) == (1, 1)
