"""Who a call speaks for, and who is turned away."""

import json
from zlib import crc32

import pytest

from console.sandbox import process

CENTRAL = "999988887777"
LISTS = {"kms": "list_keys", "ec2": "describe_volumes", "sts": "get_caller_identity", "s3": "list_buckets"}


def trust(*principals, **condition):
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | condition]})


@pytest.fixture(scope="module")
def tenant(aws):
    return aws.tenant("huurder")


def test_the_default_profile_is_the_central_administrator(aws):
    """GetCallerIdentity names the account and the user behind the access key."""
    me = aws.client("sts").get_caller_identity()
    assert me["Account"] == CENTRAL
    assert me["Arn"] == f"arn:aws:iam::{CENTRAL}:user/administrator"


def test_a_role_session_is_the_roles_account(aws, tenant):
    """After AssumeRole every service sees the other account and the session's ARN."""
    me = aws.client("sts", "huurder").get_caller_identity()
    assert me["Account"] == tenant
    assert me["Arn"] == f"arn:aws:sts::{tenant}:assumed-role/OrganizationAccountAccessRole/huurder"
    aws.client("ec2", "huurder").create_volume(Size=1, AvailabilityZone="eu-west-1a")
    assert len(aws.client("ec2", "huurder").describe_volumes()["Volumes"]) == 1
    assert aws.client("ec2").describe_volumes()["Volumes"] == []


def test_an_account_made_by_organizations_is_listed(aws, tenant):
    """ListAccounts in the central account knows the central account and its members."""
    listed = {one["Id"] for one in aws.client("organizations").list_accounts()["Accounts"]}
    assert {CENTRAL, tenant} <= listed


@pytest.mark.parametrize(
    ("policy", "params", "let_in"),
    [
        (trust(f"arn:aws:iam::{CENTRAL}:root"), {}, True),
        (trust(CENTRAL), {}, True),
        (trust("arn:aws:iam::111111111111:root"), {}, False),
        (trust(CENTRAL, Condition={"StringEquals": {"sts:ExternalId": "s3cret"}}), {}, False),
        (trust(CENTRAL, Condition={"StringEquals": {"sts:ExternalId": "s3cret"}}), {"ExternalId": "s3cret"}, True),
    ],
    ids=["root", "account id", "somebody else", "without external id", "with external id"],
)
def test_a_trust_policy_decides_who_may_assume(aws, tenant, refused, request, policy, params, let_in):
    """AssumeRole asks the role's own trust policy, external id included."""
    name = f"role-{crc32(request.node.callspec.id.encode())}"
    aws.client("iam", "huurder").create_role(RoleName=name, AssumeRolePolicyDocument=policy)
    wanted = {"RoleArn": f"arn:aws:iam::{tenant}:role/{name}", "RoleSessionName": "test", **params}
    if let_in:
        assert aws.client("sts").assume_role(**wanted)["Credentials"]["SessionToken"]
    else:
        assert refused(aws.client("sts").assume_role, **wanted) == "AccessDenied"


def test_a_role_that_is_not_there_is_refused_like_one_that_distrusts(aws, tenant, refused):
    """AWS does not tell which roles exist."""
    arn = f"arn:aws:iam::{tenant}:role/Nobody"
    assert refused(aws.client("sts").assume_role, RoleArn=arn, RoleSessionName="test") == "AccessDenied"


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("kms", "UnrecognizedClientException"),
        ("ec2", "AuthFailure"),
        ("sts", "InvalidClientTokenId"),
        ("s3", "InvalidAccessKeyId"),
    ],
)
def test_an_unknown_access_key_is_refused_in_each_services_words(aws, refused, service, code):
    """A key id of AWS's shape that nobody was given opens nothing."""
    client = aws.as_anyone(service, "AKIAZZZZZZZZZZZZZZZZ")
    assert refused(getattr(client, LISTS[service])) == code


def test_any_other_word_is_the_central_administrator(aws):
    """Clients that were handed dummy credentials work at once."""
    assert aws.as_anyone("sts", "test").get_caller_identity()["Account"] == CENTRAL


def test_a_session_with_a_wrong_token_is_nobody(aws, tenant, refused):
    """The temporary key id alone is not enough."""
    key, secret, _ = aws.keys["huurder"]
    assert refused(aws.as_anyone("kms", key, secret, "forged").list_keys) == "UnrecognizedClientException"


@pytest.mark.parametrize(
    ("service", "code"),
    [("kms", "ExpiredTokenException"), ("ec2", "RequestExpired"), ("sts", "ExpiredToken"), ("s3", "ExpiredToken")],
)
def test_a_session_expires_by_the_sandboxs_clock(aws, tenant, refused, service, code):
    """An hour after AssumeRole its credentials are refused, in each service's words."""
    name = f"short-{service}"
    aws.assume(name, f"arn:aws:iam::{tenant}:role/OrganizationAccountAccessRole", DurationSeconds=3600)
    client = aws.client(service, name)
    getattr(client, LISTS[service])()
    process.advance(aws.running.folder, 61 / 24 / 60)
    aws.assume("huurder", f"arn:aws:iam::{tenant}:role/OrganizationAccountAccessRole")
    aws.client.cache_clear()
    assert refused(getattr(client, LISTS[service])) == code


@pytest.mark.parametrize(
    "wrong",
    [
        {"RoleArn": "arn:aws:iam::123:role/x", "RoleSessionName": "test"},
        {"RoleArn": "arn:aws:iam::111122223333:role/x", "RoleSessionName": "with blank"},
        {"RoleArn": "arn:aws:iam::111122223333:role/x", "RoleSessionName": "test", "DurationSeconds": 60},
    ],
    ids=["arn", "session name", "duration"],
)
def test_a_malformed_wish_is_a_validation_error(aws, refused, wrong):
    """What cannot be meant is refused before anybody's policy is read."""
    assert refused(aws.client("sts").assume_role, **wrong) == "ValidationError"
