"""Owner and administrator as processes with stores, credentials and settings of their own, from wish to first use."""

import pytest

from tests.towns import A, town_in


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with town_in(tmp_path_factory.mktemp("town")) as opened:
        yield opened


def paths(tree):
    return {node["path"] for node in tree}


def test_from_wish_to_first_use_by_command_line(town):
    """Every verb once, exit codes as promised, and the CMK in the trees of both before anybody syncs again."""
    town.admin("sync", "--publish")
    town.owner("pull")
    wish = ("request", "new", f"{A}/Z/Productie", "--services", "ebs,secretsmanager", "--reason", "new desk")
    (looked,) = town.owner(*wish, "--plan")
    assert (looked["alias"], looked["problems"]) == ("alias/agentschap-a/z/productie", [])
    assert "only looking" in town.owner(*wish, code=3)
    (made,) = town.owner("--write", *wish)
    assert made["state"] == "submitted"
    assert "under way" in town.owner("--write", *wish, code=2)
    assert "has a CMK already" in town.owner("--write", "request", "new", f"{A}/X/Productie", "--reason", "x", code=2)
    (listed,) = town.admin("request")
    assert (listed["id"], listed["waits_for"]) == (made["id"], "administrator")
    id_ = made["id"]
    assert "administrator" in town.owner("--write", "request", "approve", id_, code=3)
    town.admin("--write", "request", "ask", id_, "--reason", "which data?")
    asked = town.owner("request", "show", id_)  # what the other side said since is looked for first
    assert (asked["state"], asked["moves"][-1]["said"]) == ("asked", "which data?")
    town.owner("--write", "request", "answer", id_, "--reason", "none yet")
    assert town.admin("--write", "request", "approve", id_)["state"] == "approved"
    plan = town.admin("request", "provision", id_, "--plan")
    assert [step["name"] for step in plan["steps"]] == [
        "claim", "check", "key", "alias", "rotation", "verify", "learn", "deliver",
    ]  # fmt: skip
    done = town.admin("--write", "request", "provision", id_)
    assert (done["run"]["status"], done["request"]["state"]) == ("done", "delivered")
    (handed,) = town.owner("request")
    key_id = handed["key_arn"].rpartition("/")[2]
    place = f"{A}/Z/Productie/{key_id}"
    assert place in paths(town.admin("tree", f"{A}/Z"))
    assert place in paths(town.owner("tree", f"{A}/Z"))
    package = town.owner("request", "show", id_)["package"]
    assert handed["key_arn"] in package["iam_policy"]
    assert {snippet["service"] for snippet in package["snippets"]} == {"ebs", "secretsmanager"}
    assert handed["key_arn"] in package["mail"]["nl"]
    assert "no use" in town.admin("--write", "request", "confirm", id_, code=1).lower()
    assert town.owner("--write", "request", "confirm", id_)["state"] == "in_use"
    (seen,) = town.admin("request", "--all")
    assert (seen["state"], seen["moves"][-1]["facts"]["seen"]) == ("in_use", "describe_key")
    acts = [line["command"] for line in town.admin("audit", "list")]
    assert acts.count("request") >= 6
    assert town.admin("audit", "verify")["whole"]


def test_the_administrator_sees_the_first_use_by_itself(town):
    """A tenant who uses the key and says nothing: KMS's last usage tells."""
    town.owner("--write", "request", "new", f"{A}/Z/Dev", "--client-side", "--reason", "x")
    (listed,) = [one for one in town.admin("request") if one["environment"] == "Dev"]
    town.admin("--write", "request", "approve", listed["id"])
    done = town.admin("--write", "request", "provision", listed["id"])
    arn = done["request"]["key_arn"]
    import botocore.session

    session = botocore.session.Session(profile="agentschap-a")
    for name, value in town.environment.items():
        session.set_config_variable(
            {"AWS_SHARED_CREDENTIALS_FILE": "credentials_file", "AWS_CONFIG_FILE": "config_file"}[name], value
        )
    kms = session.create_client("kms", "eu-west-1", endpoint_url=town.endpoint)
    kms.generate_data_key_without_plaintext(KeyId=arn, KeySpec="AES_256")
    confirmed = town.admin("--write", "request", "confirm", listed["id"])
    assert confirmed["moves"][-1]["facts"]["seen"] == "last_use"


def test_an_owner_withdraws_by_command_line(town):
    """Both sides see it closed, the audit tells it, and a second time says that there is nothing left to withdraw."""
    (made,) = town.owner("--write", "request", "new", f"{A}/Z/Test", "--reason", "try")
    id_ = made["id"]
    assert "only looking" in town.owner("request", "withdraw", id_, code=3)
    assert town.owner("--write", "request", "withdraw", id_, "--reason", "no longer")["state"] == "withdrawn"
    assert "was withdrawn" in town.owner("--write", "request", "withdraw", id_, code=2)
    (there,) = [one for one in town.admin("request", "--all") if one["id"] == id_]
    assert (there["state"], there["waits_for"], there["moves"][-1]["said"]) == ("withdrawn", None, "no longer")
    ends = [line["act"] for line in town.owner("audit", "list") if line["subject"].startswith(id_)]
    assert (ends.count("done"), ends.count("failed")) == (1, 1)
