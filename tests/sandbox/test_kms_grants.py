"""Grants: what they allow, what binds them, and how they end."""

import pytest

from tests.sandbox.kms_room import CENTRAL, START, TENANT, Room, person, refused, session

CONTEXT = {"aws:ebs:id": "vol-1"}
ROOT = f"arn:aws:iam::{CENTRAL}:root"


@pytest.fixture
def room():
    return Room()


@pytest.fixture
def key(room):
    return room.key()


def lend(room, key, **wishes):
    wish = {"GranteePrincipal": person(TENANT).arn, "Operations": ["Decrypt", "Encrypt"], **wishes}
    return room.CreateGrant(KeyId=key, **wish)


def test_a_grant_opens_exactly_what_it_names(room, key):
    """The grantee of another account may do the operations of the grant, and no others."""
    lend(room, key, Operations=["Encrypt"])
    blob = room.Encrypt(by=person(TENANT), KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    refused("AccessDeniedException", room.Decrypt, by=person(TENANT), CiphertextBlob=blob)
    refused("AccessDeniedException", room.Encrypt, by=person(TENANT, "colleague"), KeyId=key, Plaintext=b"x")


@pytest.mark.parametrize(
    ("constraints", "context", "passes"),
    [
        ({"EncryptionContextSubset": CONTEXT}, {**CONTEXT, "more": "1"}, True),
        ({"EncryptionContextSubset": CONTEXT}, {"aws:ebs:id": "vol-2"}, False),
        ({"EncryptionContextSubset": CONTEXT}, {}, False),
        ({"EncryptionContextEquals": CONTEXT}, CONTEXT, True),
        ({"EncryptionContextEquals": CONTEXT}, {**CONTEXT, "more": "1"}, False),
    ],
)
def test_constraints_bind(room, key, constraints, context, passes):
    """A grant with a context constraint serves only under such a context."""
    lend(room, key, Constraints=constraints)
    wish = {"KeyId": key, "Plaintext": b"x", "EncryptionContext": context}
    if passes:
        assert room.Encrypt(by=person(TENANT), **wish)
    else:
        refused("AccessDeniedException", room.Encrypt, by=person(TENANT), **wish)


def test_a_grant_to_a_role_serves_its_sessions(room, key):
    """A grant to a role holds for whoever assumed it; one to a session for that session alone."""
    lend(room, key, GranteePrincipal=f"arn:aws:iam::{TENANT}:role/Reader")
    assert room.Encrypt(by=session(TENANT, "Reader", "one"), KeyId=key, Plaintext=b"x")
    other = room.key()
    lend(room, other, GranteePrincipal=session(TENANT, "Reader", "one").arn)
    assert room.Encrypt(by=session(TENANT, "Reader", "one"), KeyId=other, Plaintext=b"x")
    refused("AccessDeniedException", room.Encrypt, by=session(TENANT, "Reader", "two"), KeyId=other, Plaintext=b"x")


def test_a_grant_is_told_whole(room, key):
    """ListGrants tells everything that was wished, who issued it and when."""
    made = lend(
        room,
        key,
        Name="for-vol-1",
        RetiringPrincipal=person(TENANT).arn,
        Constraints={"EncryptionContextSubset": CONTEXT},
    )
    assert room.ListGrants(KeyId=key)["Grants"] == [
        {
            "KeyId": key,
            "GrantId": made["GrantId"],
            "Name": "for-vol-1",
            "CreationDate": START,
            "GranteePrincipal": person(TENANT).arn,
            "RetiringPrincipal": person(TENANT).arn,
            "IssuingAccount": ROOT,
            "Operations": ["Decrypt", "Encrypt"],
            "Constraints": {"EncryptionContextSubset": CONTEXT},
        }
    ]


def test_filters_choose(room, key):
    """GrantId and GranteePrincipal narrow the list; an id that is not there is not found."""
    one, two = lend(room, key), lend(room, key, GranteePrincipal=person(TENANT, "other").arn)
    assert [g["GrantId"] for g in room.ListGrants(KeyId=key, GrantId=one["GrantId"])["Grants"]] == [one["GrantId"]]
    found = room.ListGrants(KeyId=key, GranteePrincipal=person(TENANT, "other").arn)["Grants"]
    assert [g["GrantId"] for g in found] == [two["GrantId"]]
    refused("NotFoundException", room.ListGrants, KeyId=key, GrantId="0" * 64)


def test_a_name_makes_a_retry_harmless(room, key):
    """The same wish with the same name finds the grant it made, with another token; without a name it makes two."""
    first, again = lend(room, key, Name="once"), lend(room, key, Name="once")
    assert first["GrantId"] == again["GrantId"]
    assert first["GrantToken"] != again["GrantToken"]
    assert lend(room, key)["GrantId"] != lend(room, key)["GrantId"]


@pytest.mark.parametrize("by_token", [True, False])
def test_the_retiring_principal_ends_it(room, key, by_token):
    """Whom the grant names may retire it, by token or by key ARN and id; afterwards it opens nothing."""
    made = lend(room, key, RetiringPrincipal=person(TENANT, "closer").arn)
    named = {"GrantToken": made["GrantToken"]} if by_token else {"KeyId": key, "GrantId": made["GrantId"]}
    refused("AccessDeniedException", room.RetireGrant, by=person(TENANT), **named)
    room.RetireGrant(by=person(TENANT, "closer"), **named)
    refused("AccessDeniedException", room.Encrypt, by=person(TENANT), KeyId=key, Plaintext=b"x")
    refused("NotFoundException", room.RetireGrant, by=person(TENANT, "closer"), **named)


def test_revoking_ends_it(room, key):
    """The key's administrator revokes by id."""
    made = lend(room, key)
    room.RevokeGrant(KeyId=key, GrantId=made["GrantId"])
    assert room.ListGrants(KeyId=key)["Grants"] == []
    refused("NotFoundException", room.RevokeGrant, KeyId=key, GrantId=made["GrantId"])


def test_retirable_grants_are_found_across_keys(room, key):
    """ListRetirableGrants finds every grant of the Region that a principal may retire."""
    other = room.key()
    closer = person(TENANT, "closer").arn
    made = {lend(room, one, RetiringPrincipal=closer)["GrantId"] for one in (key, other)}
    lend(room, key)
    found = room.ListRetirableGrants(by=person(TENANT), RetiringPrincipal=closer)["Grants"]
    assert {one["GrantId"] for one in found} == made


def test_a_grantee_cannot_lend_more_than_he_has(room, key):
    """Who holds CreateGrant by a grant may pass on its operations, and only those."""
    lend(room, key, Operations=["Encrypt", "CreateGrant"])
    wish = {"by": person(TENANT), "KeyId": key, "GranteePrincipal": person(TENANT, "third").arn}
    assert room.CreateGrant(**wish, Operations=["Encrypt"])
    refused("AccessDeniedException", room.CreateGrant, **wish, Operations=["Decrypt"])


def test_a_dry_run_makes_no_grant(room, key):
    """DryRun on the grant calls says that they would succeed, and changes nothing."""
    refused("DryRunOperationException", lend, room, key, DryRun=True)
    assert room.ListGrants(KeyId=key)["Grants"] == []
    made = lend(room, key)
    refused("DryRunOperationException", room.RevokeGrant, KeyId=key, GrantId=made["GrantId"], DryRun=True)
    refused("DryRunOperationException", room.RetireGrant, GrantToken=made["GrantToken"], DryRun=True)
    assert len(room.ListGrants(KeyId=key)["Grants"]) == 1


def test_grants_need_a_living_key(room, key):
    """A disabled key takes no grants; it still lets them be listed and revoked."""
    made = lend(room, key)
    room.DisableKey(KeyId=key)
    refused("DisabledException", lend, room, key)
    assert room.ListGrants(KeyId=key)["Grants"]
    room.RevokeGrant(KeyId=key, GrantId=made["GrantId"])


@pytest.mark.parametrize(
    "wish",
    [
        {"GranteePrincipal": None},
        {"GranteeServicePrincipal": "ec2.amazonaws.com"},
        {"Operations": []},
        {"Operations": ["Sign"]},
        {"RetiringPrincipal": "arn:aws:iam::111122223333:root", "RetiringServicePrincipal": "ec2.amazonaws.com"},
    ],
)
def test_a_grant_must_make_sense(room, key, wish):
    """A grant needs one grantee, at most one retirer, and operations that the key can do."""
    refused("ValidationException", lend, room, key, **wish)


def test_tokens_are_judged(room, key):
    """A use with a token of one's own making is refused; a real one passes."""
    token = lend(room, key)["GrantToken"]
    assert room.Encrypt(by=person(TENANT), KeyId=key, Plaintext=b"x", GrantTokens=[token])
    refused(
        "InvalidGrantTokenException",
        room.Encrypt,
        by=person(TENANT),
        KeyId=key,
        Plaintext=b"x",
        GrantTokens=["made up"],
    )
    refused("InvalidGrantTokenException", room.RetireGrant, GrantToken="made up")
