"""The key policy: what the template makes of a wish, and every way in which it could let in more, or lock out."""

import json
from dataclasses import replace

import pytest

from console.errors import UsageError
from console.sandbox.callers import Caller
from console.sandbox.kms import policy as judging
from console.services.requests.policy import LARGEST, iam_policy, key_policy, problems
from console.settings import Settings
from console.terms import Requesting, Terms
from store.request_records import Wanted

CENTRAL, TENANT, STRANGER = "999988887777", "111122223333", "666677778888"
WISH = Wanted("Agentschap A", "X", "Productie", (TENANT,), "eu-west-1", ("ebs", "s3"), reason="r")
SETTINGS = Settings(central_account=CENTRAL)


def found(text, wish=WISH):
    return {problem.key.rpartition(".")[2] for problem in problems(text, wish, CENTRAL)}


def changed(change, wish=WISH):
    document = json.loads(key_policy(wish, SETTINGS))
    statements = {each["Sid"]: each for each in document["Statement"]}
    change(document["Statement"], statements)
    return json.dumps(document)


@pytest.mark.parametrize("wish", [
    WISH, replace(WISH, services=(), client_side=True), replace(WISH, client_side=True),
    replace(WISH, accounts=(TENANT, STRANGER)), replace(WISH, services=("rds", "efs", "opensearch")),
])  # fmt: skip
def test_what_ships_holds_for_every_wish(wish):
    """One account or several, services or direct use or both."""
    assert found(key_policy(wish, SETTINGS), wish) == set()


def test_administrators_stand_beside_the_account(tmp_path):
    """Roles of the settings get their own statement; without any there is none."""
    role = f"arn:aws:iam::{CENTRAL}:role/KmsAdmin"
    settings = replace(SETTINGS, terms=Terms(requesting=Requesting(administrators=(role,))))
    text = key_policy(WISH, settings)
    assert role in text
    assert found(text) == set()
    assert "KeyAdmins" not in key_policy(WISH, SETTINGS)


def widen(sid, **changes):
    def change(_, statements):
        statements[sid] |= changes

    return change


def add(**statement):
    def change(listed, _):
        listed.append({"Sid": "More", "Effect": "Allow", "Resource": "*", **statement})

    return change


def without_condition(sid, key=None):
    def change(_, statements):
        if key is None:
            del statements[sid]["Condition"]
        else:
            del statements[sid]["Condition"]["StringEquals"][key]

    return change


ROOT = {"AWS": f"arn:aws:iam::{TENANT}:root"}
BAD = {
    "anyone": (without_condition("TenantUseViaServices"), "anyone"),
    "no caller account": (without_condition("TenantUseViaServices", "kms:CallerAccount"), "anyone"),
    "no services": (without_condition("TenantUseViaServices", "kms:ViaService"), "directly"),
    "any grant": (without_condition("TenantGrantsForServices"), "any_grant"),
    "everything": (add(Principal=ROOT, Action="kms:*"), "too_much"),
    "deletion": (add(Principal=ROOT, Action="kms:ScheduleKeyDeletion"), "too_much"),
    "the policy": (add(Principal=ROOT, Action="kms:PutKeyPolicy"), "other_administrators"),
    "a wildcard": (add(Principal=ROOT, Action="kms:Put*"), "other_administrators"),
    "use without a service": (add(Principal=ROOT, Action="kms:Decrypt"), "directly"),
    "a stranger": (add(Principal={"AWS": STRANGER}, Action="kms:DescribeKey"), "strangers"),
    "a stranger's role": (add(Principal={"AWS": f"arn:aws:iam::{STRANGER}:role/x"}, Action="kms:DescribeKey"), "strangers"),
    "mixed": (add(Principal={"AWS": [TENANT, CENTRAL]}, Action="kms:EnableKey"), "too_much"),
    "a service": (add(Principal={"Service": "ec2.amazonaws.com"}, Action="kms:Decrypt"), "shape"),
    "not an action": (add(Principal=ROOT, NotAction="kms:Decrypt"), "shape"),
    "not a principal": (add(NotPrincipal=ROOT, Action="kms:DescribeKey"), "shape"),
    "an organization": (
        add(Principal="*", Action="kms:DescribeKey", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        "anyone",
    ),
    "the dead": (add(Principal={"AWS": "AROAABCDEFGHIJKLMNOPQ"}, Action="kms:DescribeKey"), "dead"),
    "a denial": (
        lambda listed, _: listed.append({"Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*",
                                         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}),
        "locked_out",
    ),
    "a condition on the centre": (
        widen("CentralAccount", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "locked_out",
    ),
    "no centre": (lambda listed, _: listed.pop(0), "locked_out"),
    "another service": (
        add(Principal=ROOT, Action="kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "rds.eu-west-1.amazonaws.com"}}),
        "other_services",
    ),
    "a loose operator": (
        add(Principal=ROOT, Action="kms:Decrypt", Condition={"StringLike": {"kms:ViaService": "*"}}), "directly",
    ),
    "a service less": (lambda listed, _: listed.pop(1), "no_services"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_a_template_must_not_say(name):
    """Each way to let in more than was asked for, or to lock administrators out, is named."""
    change, key = BAD[name]
    assert key in found(changed(change))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"Statement": [1]}', '{"Statement": "x"}', "\x00", '{"Statement":{"Effect":"€"}}']
)
def test_what_is_no_policy_is_refused(text):
    assert "unreadable" in found(text) or "locked_out" in found(text)


def test_a_large_one_is_refused():
    assert "large" in found(changed(widen("TenantReadState", Sid="S" * LARGEST)))


def test_the_policy_lets_the_tenant_use_and_no_more():
    """As KMS judges: use through the services; no administration, no direct use, and nothing for a stranger."""
    text, arn = key_policy(WISH, SETTINGS), f"arn:aws:kms:eu-west-1:{CENTRAL}:key/k"

    def may(account, action, **facts):
        caller = Caller(account, f"arn:aws:iam::{account}:user/u", "AIDAEXAMPLEEXAMPLE")
        told = {"kms:calleraccount": (account,)} | {f"kms:{name.lower()}": (value,) for name, value in facts.items()}
        return (
            judging.judge(text, judging.Question(caller, f"kms:{action}", arn, lambda: told)) is judging.Verdict.ALLOW
        )

    via = {"ViaService": "s3.eu-west-1.amazonaws.com"}
    assert may(TENANT, "Decrypt", **via)
    assert may(TENANT, "CreateGrant", GrantIsForAWSResource="true")
    assert may(CENTRAL, "PutKeyPolicy")
    for action in ("PutKeyPolicy", "ScheduleKeyDeletion", "DisableKey", "TagResource"):
        assert not may(TENANT, action, **via)
    assert not may(TENANT, "Decrypt")
    assert not may(TENANT, "Decrypt", ViaService="rds.eu-west-1.amazonaws.com")
    assert not may(TENANT, "CreateGrant", GrantIsForAWSResource="false")
    assert not may(STRANGER, "Decrypt", **via)


def test_a_template_of_one_s_own(tmp_path):
    """Filled in like the one that ships; one that cannot be read, or is none, is one sentence."""
    path = tmp_path / "policy.json"
    settings = replace(SETTINGS, terms=Terms(requesting=Requesting(policy=str(path))))
    with pytest.raises(UsageError) as missing:
        key_policy(WISH, settings)
    assert missing.value.key == "request.template_unreadable"
    path.write_text("{}")
    with pytest.raises(UsageError) as malformed:
        key_policy(WISH, settings)
    assert malformed.value.key == "request.template_malformed"
    own = {"Sid": "All", "Effect": "Allow", "Principal": {"AWS": "TENANT_ROOTS"}, "Action": "kms:*", "Resource": "*"}
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [own]}))
    assert {"locked_out", "too_much", "other_administrators"} <= found(key_policy(WISH, settings))


def test_the_tenants_own_policy_names_the_key_and_no_alias():
    """An IAM policy cannot name a key by an alias."""
    told = json.loads(iam_policy(replace(WISH, client_side=True), "arn:aws:kms:eu-west-1:999988887777:key/k"))
    assert {each["Resource"] for each in told["Statement"]} == {"arn:aws:kms:eu-west-1:999988887777:key/k"}
    assert [each["Sid"] for each in told["Statement"]] == [
        "UseCmkViaServices",
        "GrantsForServices",
        "UseCmkDirectly",
        "ReadState",
    ]
