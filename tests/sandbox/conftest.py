"""A sandbox of one's own per module, and one grown estate per session; both real processes, spoken to by boto3."""

import configparser
import http.client
import json
from functools import cache
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from console.aws.session import nameless
from console.sandbox import process

REGION = "eu-west-1"
ROLE = "OrganizationAccountAccessRole"


class Aws:
    """boto3 clients of one sandbox, by profile name."""

    def __init__(self, running):
        self.running = running
        self.url = running.endpoint
        self.keys = {name: (*_long_lived(running.folder / "credentials")[name], None) for name in _profiles(running)}
        self.client = cache(self._client)

    def _client(self, service, profile="default"):
        key, secret, token = self.keys[profile]
        return self.as_anyone(service, key, secret, token)

    def as_anyone(self, service, key, secret="secret", token=None):
        made = boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}, parameter_validation=False),  # the sandbox judges
        )
        nameless(made)
        return made

    def assume(self, profile, arn, **params):
        """Take a role's credentials and keep them under a profile name."""
        answer = self.client("sts").assume_role(RoleArn=arn, RoleSessionName=profile, **params)["Credentials"]
        self.keys[profile] = (answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
        return answer

    def tenant(self, name):
        """A new account of the organization, entered the way AWS gives: by its access role."""
        made = self.client("organizations").create_account(AccountName=name, Email=f"{name}@x.example")
        account = made["CreateAccountStatus"]["AccountId"]
        self.assume(name, f"arn:aws:iam::{account}:role/{ROLE}")
        return account

    def desk(self, method, action, body=None, token=None):
        """The sandbox's own desk: (status, answer)."""
        url = urlsplit(self.url)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
        token = (self.running.folder / "token").read_text() if token is None else token
        connection.request(method, f"/_sandbox/{action}", json.dumps(body or {}), {"x-sandbox-token": token})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        return answer.status, told


def _profiles(running):
    return list(_long_lived(running.folder / "credentials"))


@cache
def _long_lived(path):
    parser = configparser.ConfigParser()
    parser.read(path)
    return {
        name: (parser[name]["aws_access_key_id"], parser[name]["aws_secret_access_key"]) for name in parser.sections()
    }


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """An empty AWS with an organization; the module's own."""
    folder = tmp_path_factory.mktemp("aws") / "sandbox"
    aws = Aws(process.start(folder, private=True, empty=True))
    yield aws
    process.stop(folder)


@pytest.fixture(scope="module")
def huurder(aws):
    """An account of the module's own; a profile of that name goes into it."""
    return aws.tenant("huurder")


@pytest.fixture(scope="module")
def kms(aws, huurder):
    return aws.client("kms", "huurder")


@pytest.fixture(scope="module")
def key(kms):
    return kms.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def other(kms):
    return kms.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="session")
def estate(tmp_path_factory):
    """The whole estate; read it, never change it."""
    folder = tmp_path_factory.mktemp("estate") / "sandbox"
    aws = Aws(process.start(folder, private=True))
    yield aws
    process.stop(folder)


@pytest.fixture
def refused():
    """Call something that must be refused; the error code is returned."""
    from botocore.exceptions import ClientError

    def refused(call, **params):
        with pytest.raises(ClientError) as caught:
            call(**params)
        return caught.value.response["Error"]["Code"]

    return refused
