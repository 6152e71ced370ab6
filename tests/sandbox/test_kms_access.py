"""Who may do what: across accounts, by key policy, by grant, and through services."""

import json

import pytest

from tests.sandbox.kms_room import CENTRAL, OTHER, REGION, TENANT, Room, person, refused, session

ROOT = {"AWS": f"arn:aws:iam::{CENTRAL}:root"}
TENANT_ROOT = {"AWS": f"arn:aws:iam::{TENANT}:root"}
ABROAD = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)


def allow(principal, *actions, effect="Allow", **rest):
    return {"Effect": effect, "Principal": principal, "Action": list(actions), "Resource": "*", **rest}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [allow(ROOT, "kms:*"), *statements]})


@pytest.fixture
def room():
    return Room()


def calls(key, blob):
    """Operation to params, for every operation that names an existing key."""
    lent = {"KeyId": key, "GranteePrincipal": person(TENANT).arn, "Operations": ["Decrypt"]}
    return {
        "DescribeKey": {"KeyId": key},
        "GetKeyRotationStatus": {"KeyId": key},
        "Encrypt": {"KeyId": key, "Plaintext": b"x"},
        "Decrypt": {"CiphertextBlob": blob},
        "ReEncrypt": {"CiphertextBlob": blob, "DestinationKeyId": key},
        "GenerateDataKey": {"KeyId": key, "KeySpec": "AES_256"},
        "GenerateDataKeyWithoutPlaintext": {"KeyId": key, "KeySpec": "AES_256"},
        "ListGrants": {"KeyId": key},
        "CreateGrant": lent,
        "ListKeyRotations": {"KeyId": key},
        "ListResourceTags": {"KeyId": key},
        "ListKeyPolicies": {"KeyId": key},
        "ListAliases": {"KeyId": key},
        "GetKeyPolicy": {"KeyId": key},
        "GetKeyLastUsage": {"KeyId": key},
        "PutKeyPolicy": {"KeyId": key, "Policy": policy()},
        "TagResource": {"KeyId": key, "Tags": []},
        "UntagResource": {"KeyId": key, "TagKeys": []},
        "UpdateKeyDescription": {"KeyId": key, "Description": ""},
        "EnableKey": {"KeyId": key},
        "DisableKey": {"KeyId": key},
        "EnableKeyRotation": {"KeyId": key},
        "DisableKeyRotation": {"KeyId": key},
        "RotateKeyOnDemand": {"KeyId": key},
        "ScheduleKeyDeletion": {"KeyId": key},
        "CancelKeyDeletion": {"KeyId": key},
        "CreateAlias": {"AliasName": "alias/theirs", "TargetKeyId": key},
    }


OPEN = {"DescribeKey", "GetKeyRotationStatus", "Encrypt", "Decrypt", "ReEncrypt", "ListGrants", "CreateGrant"}
OPEN |= {"GenerateDataKey", "GenerateDataKeyWithoutPlaintext"}


@pytest.mark.parametrize("operation", calls("", b""))
def test_only_aws_s_own_few_work_across_accounts(room, operation):
    """A tenant whom the policy allows everything may still call only what AWS lets cross accounts."""
    key = room.key(Policy=policy(allow(TENANT_ROOT, "kms:*")))
    blob = room.Encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    call, params = getattr(room, operation), calls(key, blob)[operation]
    if operation in OPEN:
        assert call(by=person(TENANT), **params)
    else:
        said = refused("AccessDeniedException", call, by=person(TENANT), **params)
        assert (
            said
            == f"User: {person(TENANT).arn} is not authorized to perform: kms:{operation} on resource: {key} {ABROAD}"
        )


@pytest.mark.parametrize("operation", sorted(OPEN))
def test_without_a_statement_nothing_crosses(room, operation):
    """A key whose policy does not speak of the tenant refuses each call, in the words for strangers."""
    key = room.key()
    blob = room.Encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    said = refused("AccessDeniedException", getattr(room, operation), by=person(TENANT), **calls(key, blob)[operation])
    assert said.endswith(ABROAD)


def test_a_stranger_does_not_learn_what_exists(room):
    """A foreign key that is not there is refused in the same words as one that is."""
    absent = f"arn:aws:kms:{REGION}:{CENTRAL}:key/11111111-2222-4333-8444-555555555555"
    said = refused("AccessDeniedException", room.DescribeKey, by=person(TENANT), KeyId=absent)
    assert said == refused("AccessDeniedException", room.DescribeKey, by=person(TENANT), KeyId=room.key()).replace(
        room.ListKeys()["Keys"][0]["KeyArn"], absent
    )


def test_a_bare_id_is_looked_for_at_home(room):
    """A key id or alias without account is resolved in the caller's own account, where it is not found."""
    key = room.key(Policy=policy(allow(TENANT_ROOT, "kms:*")))
    room.CreateAlias(AliasName="alias/shared", TargetKeyId=key)
    said = refused("NotFoundException", room.DescribeKey, by=person(TENANT), KeyId=key[-36:])
    assert said == f"Key '{key.replace(CENTRAL, TENANT)}' does not exist"
    said = refused("NotFoundException", room.DescribeKey, by=person(TENANT), KeyId="alias/shared")
    assert said == f"Alias arn:aws:kms:{REGION}:{TENANT}:alias/shared is not found."


def test_an_alias_arn_crosses_only_where_aws_lets_it(room):
    """Another account's alias ARN serves for uses and DescribeKey, not for rotation status or grants."""
    key = room.key(Policy=policy(allow(TENANT_ROOT, "kms:*")))
    room.CreateAlias(AliasName="alias/shared", TargetKeyId=key)
    alias, tenant = f"arn:aws:kms:{REGION}:{CENTRAL}:alias/shared", person(TENANT)
    assert room.DescribeKey(by=tenant, KeyId=alias)["KeyMetadata"]["Arn"] == key
    assert room.Encrypt(by=tenant, KeyId=alias, Plaintext=b"x")["KeyId"] == key
    for operation in ("GetKeyRotationStatus", "ListGrants"):
        refused("InvalidArnException", getattr(room, operation), by=tenant, KeyId=alias)


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        ("arn:aws:kms:eu-west-1:1:key/x", "InvalidArnException"),
        ("arn:aws:s3:::bucket", "InvalidArnException"),
        (f"arn:aws:kms:us-east-1:{CENTRAL}:key/11111111-2222-4333-8444-555555555555", "NotFoundException"),
        ("no-such-shape", "NotFoundException"),
    ],
)
def test_what_names_no_key_is_refused(room, ref, code):
    """Malformed ARNs, other Regions' ARNs and words that cannot be ids have codes of their own."""
    refused(code, room.DescribeKey, KeyId=ref)


def test_via_service_lets_services_alone(room):
    """A statement with kms:ViaService lets EC2 use the key for the tenant, not the tenant himself, nor S3."""
    through = {"kms:CallerAccount": TENANT, "kms:ViaService": [f"ec2.{REGION}.amazonaws.com"]}
    key = room.key(Policy=policy(allow({"AWS": "*"}, "kms:GenerateDataKey*", Condition={"StringEquals": through})))
    use = ("GenerateDataKeyWithoutPlaintext",)
    assert room.kms.use(person(TENANT, service="ec2.amazonaws.com"), REGION, key, use) == key
    for other in (
        person(TENANT),
        person(TENANT, service="s3.amazonaws.com"),
        person(OTHER, service="ec2.amazonaws.com"),
    ):
        refused("AccessDeniedException", room.kms.use, other, REGION, key, use)


def test_grants_for_resources_are_for_services(room):
    """kms:GrantIsForAWSResource lets the tenant's services make grants, not the tenant himself."""
    condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    key = room.key(Policy=policy(allow(TENANT_ROOT, "kms:CreateGrant", Condition=condition)))
    wish = {"KeyId": key, "GranteePrincipal": person(TENANT).arn, "Operations": ["Decrypt"]}
    assert room.CreateGrant(by=person(TENANT, service="ec2.amazonaws.com"), **wish)["GrantId"]
    refused("AccessDeniedException", room.CreateGrant, by=person(TENANT), **wish)


def test_a_role_in_the_policy_means_its_sessions(room):
    """A statement for a role holds for whoever assumed it, and for no other role of that account."""
    role = {"AWS": f"arn:aws:iam::{TENANT}:role/Reader"}
    key = room.key(Policy=policy(allow(role, "kms:DescribeKey")))
    assert room.DescribeKey(by=session(TENANT, "Reader"), KeyId=key)
    refused("AccessDeniedException", room.DescribeKey, by=session(TENANT, "Writer"), KeyId=key)
    refused("AccessDeniedException", room.DescribeKey, by=person(TENANT), KeyId=key)


def test_an_explicit_deny_wins_at_home(room):
    """A Deny stops the account's own administrator, grant or no grant, and says that it was a Deny."""
    key = room.key(Policy=policy(allow(ROOT, "kms:Decrypt", effect="Deny")))
    room.CreateGrant(KeyId=key, GranteePrincipal=person().arn, Operations=["Decrypt"])
    blob = room.Encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    said = refused("AccessDeniedException", room.Decrypt, CiphertextBlob=blob)
    assert said == (
        f"User: {person().arn} is not authorized to perform: kms:Decrypt on resource: {key} "
        "with an explicit deny in a resource-based policy"
    )


def test_without_the_root_statement_the_account_is_shut_out(room):
    """When only one role administers the key, others of the account are refused for want of a statement."""
    role = {"AWS": f"arn:aws:iam::{CENTRAL}:role/KmsAdmin"}
    text = json.dumps({"Version": "2012-10-17", "Statement": allow(role, "kms:*")})
    admin = session(CENTRAL, "KmsAdmin")
    key = room.CreateKey(by=admin, Policy=text)["KeyMetadata"]["Arn"]
    assert room.DescribeKey(by=admin, KeyId=key)
    said = refused("AccessDeniedException", room.DescribeKey, KeyId=key)
    assert said.endswith("because no resource-based policy allows the kms:DescribeKey action")


@pytest.mark.parametrize(
    ("condition", "context", "passes"),
    [
        ({"StringEquals": {"kms:EncryptionContext:aws:ebs:id": "vol-1"}}, {"aws:ebs:id": "vol-1"}, True),
        ({"StringEquals": {"kms:EncryptionContext:aws:ebs:id": "vol-1"}}, {"aws:ebs:id": "vol-2"}, False),
        ({"StringEquals": {"kms:EncryptionContext:aws:ebs:id": "vol-1"}}, {"AWS:EBS:ID": "vol-1"}, False),
        ({"StringEquals": {"kms:EncryptionContext:aws:ebs:id": "vol-1"}}, {}, False),
        ({"StringEqualsIfExists": {"kms:EncryptionContext:k": "v"}}, {}, True),
        ({"StringEqualsIfExists": {"kms:EncryptionContext:k": "v"}}, {"k": "w"}, False),
        (
            {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::b*"}},
            {"aws:s3:arn": "arn:aws:s3:::bin"},
            True,
        ),
        (
            {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::b?"}},
            {"aws:s3:arn": "arn:aws:s3:::bin"},
            False,
        ),
        ({"StringNotEquals": {"kms:EncryptionContext:k": "v"}}, {"k": "v"}, False),
        ({"StringNotEquals": {"kms:EncryptionContext:k": "v"}}, {}, True),
        ({"Null": {"kms:EncryptionContext:k": "false"}}, {}, False),
        ({"Null": {"kms:EncryptionContext:k": "false"}}, {"k": "v"}, True),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]}}, {"a": "1"}, True),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]}}, {"a": "1", "c": "1"}, False),
        ({"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["a"]}}, {"a": "1", "c": "1"}, True),
        ({"StringEquals": {"aws:PrincipalAccount": TENANT}}, {}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{TENANT}:user/adm*"}}, {}, True),
        ({"StringEquals": {"aws:PrincipalAccount": OTHER}}, {}, False),
        ({"StringEquals": {"kms:NoSuchKey": "x"}}, {}, False),
    ],
)
def test_conditions_decide(room, condition, context, passes):
    """Each operator lets the tenant in exactly when IAM's rules say so."""
    key = room.key(Policy=policy(allow(TENANT_ROOT, "kms:Encrypt", Condition=condition)))
    wish = {"KeyId": key, "Plaintext": b"x", "EncryptionContext": context}
    if passes:
        assert room.Encrypt(by=person(TENANT), **wish)
    else:
        refused("AccessDeniedException", room.Encrypt, by=person(TENANT), **wish)


@pytest.mark.parametrize(
    ("statement", "passes"),
    [
        (allow(TENANT_ROOT, "kms:describe*"), True),
        (allow(TENANT_ROOT, "kms:Get*"), False),
        (allow({"AWS": TENANT}, "kms:DescribeKey"), True),
        ({"Effect": "Allow", "Principal": TENANT_ROOT, "NotAction": "kms:Decrypt", "Resource": "*"}, True),
        ({"Effect": "Allow", "Principal": TENANT_ROOT, "NotAction": "kms:Describe*", "Resource": "*"}, False),
        (allow(TENANT_ROOT, "kms:*", Resource="arn:aws:kms:eu-west-1:999988887777:key/other"), False),
    ],
)
def test_statements_match_as_iam_does(room, statement, passes):
    """Wildcards, case, account ids, NotAction and Resource mean what they mean in IAM."""
    key = room.key(Policy=policy(statement))
    if passes:
        assert room.DescribeKey(by=person(TENANT), KeyId=key)
    else:
        refused("AccessDeniedException", room.DescribeKey, by=person(TENANT), KeyId=key)


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"Version": "2012-10-17"}',
        '{"Version": "1999-01-01", "Statement": []}',
        policy({"Effect": "Maybe", "Principal": ROOT, "Action": "kms:*", "Resource": "*"}),
        policy({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}),
        policy(allow({"AWS": "nobody"}, "kms:*")),
        policy(allow(ROOT, "decrypt")),
        policy(allow(ROOT, "kms:*", Condition={"StringSounds": {"a": "b"}})),
        policy({"Effect": "Allow", "Principal": ROOT, "Action": "kms:*"}),
    ],
)
def test_malformed_policies_are_refused(room, text):
    """A document that IAM would not take is not taken, and the key keeps the policy it had."""
    key = room.key()
    before = room.GetKeyPolicy(KeyId=key)["Policy"]
    refused("MalformedPolicyDocumentException", room.PutKeyPolicy, KeyId=key, Policy=text)
    refused("MalformedPolicyDocumentException", room.CreateKey, Policy=text)
    assert room.GetKeyPolicy(KeyId=key)["Policy"] == before


def test_nobody_locks_himself_out_unasked(room):
    """A policy that would not let its author change it again is refused, unless he says that he means it."""
    key = room.key()
    text = json.dumps({"Version": "2012-10-17", "Statement": allow(TENANT_ROOT, "kms:*")})
    said = refused("MalformedPolicyDocumentException", room.PutKeyPolicy, KeyId=key, Policy=text)
    assert said == "The new key policy will not allow you to update the key policy in the future."
    room.PutKeyPolicy(KeyId=key, Policy=text, BypassPolicyLockoutSafetyCheck=True)
    refused("AccessDeniedException", room.GetKeyPolicy, KeyId=key)


def test_the_default_policy_is_aws_s(room):
    """A key made without a policy has the one by which IAM of its account decides."""
    told = room.GetKeyPolicy(KeyId=room.key())
    statement = json.loads(told["Policy"])["Statement"][0]
    assert told["PolicyName"] == "default"
    assert statement == {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": ROOT,
        "Action": "kms:*",
        "Resource": "*",
    }


def test_managed_keys_serve_their_service_only(room):
    """`aws/ebs` is made when first named, wraps for EC2 in its account, and for nobody else."""
    use = ("GenerateDataKeyWithoutPlaintext",)
    ec2 = person(TENANT, service="ec2.amazonaws.com")
    key = room.kms.use(ec2, REGION, "alias/aws/ebs", use)
    assert key == room.kms.managed(TENANT, REGION, "ebs")
    told = room.DescribeKey(by=person(TENANT), KeyId="alias/aws/ebs")["KeyMetadata"]
    assert (told["Arn"], told["KeyManager"]) == (key, "AWS")
    for other in (
        person(TENANT),
        person(TENANT, service="s3.amazonaws.com"),
        person(OTHER, service="ec2.amazonaws.com"),
    ):
        refused("AccessDeniedException", room.kms.use, other, REGION, key, use)
    refused("AccessDeniedException", room.ScheduleKeyDeletion, by=person(TENANT), KeyId=key)


def test_services_are_refused_unusable_keys(room):
    """`use` refuses what an encryption would: disabled, unknown and asymmetric keys."""
    key, signer = room.key(), room.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    use, ec2 = ("GenerateDataKey",), person(service="ec2.amazonaws.com")
    assert room.kms.use(ec2, REGION, key[-36:], use) == key
    room.DisableKey(KeyId=key)
    refused("DisabledException", room.kms.use, ec2, REGION, key, use)
    refused("InvalidKeyUsageException", room.kms.use, ec2, REGION, signer, use)
    refused("NotFoundException", room.kms.use, ec2, REGION, "alias/nowhere", use)
