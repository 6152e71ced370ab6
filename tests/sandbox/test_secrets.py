"""Secrets: a data key per version, labels that move, tokens that are used once, and the key that may change under all."""

import pytest

from console.sandbox import process


@pytest.fixture(scope="module")
def vault(aws, huurder):
    return aws.client("secretsmanager", "huurder")


@pytest.fixture
def secret(vault, key, request):
    """A secret with one version, under the first key."""
    return vault.create_secret(Name=request.node.name, SecretString="geheim", KmsKeyId=key)["ARN"]


def token(number):
    return f"{number:032}"


def versions(aws, arn):
    """What the sandbox knows of the versions, oldest first."""
    return [one for one in process.lineage(aws.running.folder)["secrets"] if one["id"] == arn]


def labels(vault, arn, **params):
    return {
        one["VersionId"]: one["VersionStages"]
        for one in vault.list_secret_version_ids(SecretId=arn, **params)["Versions"]
    }


def test_the_same_value_put_again_is_a_version_with_a_new_data_key(aws, vault, secret, key):
    """The rotation of a secret: same value, same CMK, another data key; the old version keeps its own."""
    made = vault.put_secret_value(SecretId=secret, SecretString="geheim", ClientRequestToken=token(1))
    old, new = versions(aws, secret)
    assert (made["VersionId"], made["VersionStages"]) == (token(1), ["AWSCURRENT"])
    assert old["data_key"] != new["data_key"]
    assert (new["cmk"], new["digest"], old["stages"]) == (key, old["digest"], ["AWSPREVIOUS"])
    assert vault.get_secret_value(SecretId=secret)["SecretString"] == "geheim"


def test_a_token_makes_one_version(aws, vault, secret, refused):
    """The same put twice is one; another value under the token is refused."""
    put = {"SecretId": secret, "SecretString": "geheim", "ClientRequestToken": token(1)}
    assert vault.put_secret_value(**put)["VersionId"] == vault.put_secret_value(**put)["VersionId"]
    assert len(versions(aws, secret)) == 2
    assert refused(vault.put_secret_value, **{**put, "SecretString": "iets anders"}) == "ResourceExistsException"
    pending = {**put, "ClientRequestToken": token(2), "VersionStages": ["AWSPENDING"]}
    vault.put_secret_value(**pending)
    before = versions(aws, secret)
    vault.put_secret_value(**pending)
    assert versions(aws, secret) == before


def test_another_key_for_a_secret_re_wraps_and_rotates_nothing(aws, vault, kms, secret, key, other):
    """UpdateSecret(KmsKeyId): labelled versions are wrapped anew, their data keys stay, the old wrap still opens."""
    vault.put_secret_value(SecretId=secret, SecretString="geheim", ClientRequestToken=token(1))
    before = versions(aws, secret)
    vault.update_secret(SecretId=secret, KmsKeyId=other)
    after = versions(aws, secret)
    assert [one["data_key"] for one in after] == [one["data_key"] for one in before]
    assert {one["cmk"] for one in after} == {other}
    told = vault.list_secret_version_ids(SecretId=secret)["Versions"]
    assert [one["KmsKeyIds"] for one in told] == [[key, other]] * 2
    assert vault.describe_secret(SecretId=secret)["KmsKeyId"] == other


def test_the_old_wrap_still_opens_when_the_new_key_is_gone(vault, kms, secret):
    """A version that two keys wrapped is closed by neither alone."""
    fresh = kms.create_key()["KeyMetadata"]["Arn"]
    vault.update_secret(SecretId=secret, KmsKeyId=fresh)
    kms.disable_key(KeyId=fresh)
    assert vault.get_secret_value(SecretId=secret)["SecretString"] == "geheim"


def test_labels_of_ones_own_stay_where_they_are(vault, secret):
    """AWSCURRENT moves and leaves AWSPREVIOUS behind; a label of somebody's own is not lost by it."""
    first = next(iter(labels(vault, secret)))
    vault.update_secret_version_stage(SecretId=secret, VersionStage="vast", MoveToVersionId=first)
    vault.put_secret_value(SecretId=secret, SecretString="geheim", ClientRequestToken=token(1))
    assert labels(vault, secret) == {first: ["vast", "AWSPREVIOUS"], token(1): ["AWSCURRENT"]}
    vault.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=first, RemoveFromVersionId=token(1)
    )
    assert {name: set(one) for name, one in labels(vault, secret).items()} == {
        first: {"vast", "AWSCURRENT"},
        token(1): {"AWSPREVIOUS"},
    }


def test_versions_without_a_label_are_listed_when_asked_for(vault, secret, key):
    """They keep the old data key alive; pages lead through all."""
    first = next(iter(labels(vault, secret)))
    for number in (1, 2, 3):
        vault.put_secret_value(SecretId=secret, SecretString=f"{number}", ClientRequestToken=token(number))
    assert labels(vault, secret).keys() == {token(2), token(3)}
    assert labels(vault, secret, IncludeDeprecated=True).keys() == {first, token(1), token(2), token(3)}
    page = vault.list_secret_version_ids(SecretId=secret, IncludeDeprecated=True, MaxResults=3)
    rest = vault.list_secret_version_ids(SecretId=secret, IncludeDeprecated=True, NextToken=page["NextToken"])
    assert (len(page["Versions"]), len(rest["Versions"])) == (3, 1)
    assert page["Versions"][0]["KmsKeyIds"] == [key]


def test_a_disabled_key_closes_its_secrets(vault, kms, refused):
    """Neither read nor written; and nothing is written under a key that is not there."""
    mine = kms.create_key()["KeyMetadata"]["Arn"]
    arn = vault.create_secret(Name="dicht", SecretString="1", KmsKeyId=mine)["ARN"]
    kms.disable_key(KeyId=mine)
    assert refused(vault.get_secret_value, SecretId=arn) == "DecryptionFailure"
    assert refused(vault.put_secret_value, SecretId=arn, SecretString="2") == "EncryptionFailure"
    assert refused(vault.create_secret, Name="nooit", SecretString="1", KmsKeyId=mine) == "EncryptionFailure"
    assert refused(vault.describe_secret, SecretId="nooit") == "ResourceNotFoundException"


def test_without_a_key_the_accounts_own_is_used(aws, vault, kms):
    """DescribeSecret then names none, and versions say DefaultEncryptionKey."""
    arn = vault.create_secret(Name="gewoon", SecretString="1")["ARN"]
    assert "KmsKeyId" not in vault.describe_secret(SecretId=arn)
    assert vault.list_secret_version_ids(SecretId=arn)["Versions"][0]["KmsKeyIds"] == ["DefaultEncryptionKey"]
    managed = kms.describe_key(KeyId="alias/aws/secretsmanager")["KeyMetadata"]["Arn"]
    assert versions(aws, arn)[0]["cmk"] == managed


def test_bytes_are_kept_as_bytes(vault, key):
    """SecretBinary comes back as it was, in the version and after a rotation."""
    raw = bytes(range(256))
    arn = vault.create_secret(Name="bytes", SecretBinary=raw, KmsKeyId=key)["ARN"]
    vault.put_secret_value(SecretId=arn, SecretBinary=raw)
    assert vault.get_secret_value(SecretId=arn)["SecretBinary"] == raw
