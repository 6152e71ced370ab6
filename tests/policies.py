"""The IAM actions in the policies that ship, and those that runs ask for, each by the account that is asked."""

import json
from contextlib import contextmanager
from pathlib import Path

import console.aws
from console.aws.session import Aws

POLICIES = Path(console.aws.__file__).parent / "policies"
SIGNED = {"tagging": "tag"}
RENAMED = {
    "ListObjectsV2": "s3:ListBucket",
    "ListBuckets": "s3:ListAllMyBuckets",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "GetBucketTagging": "s3:GetBucketTagging",
}
WITH = {"kms:CreateKey": "kms:TagResource"}
"""What an action takes besides, where it is given tags at once."""


def allowed(name, sid=""):
    """The actions of a policy, or of one of its statements."""
    statements = json.loads((POLICIES / name).read_text(encoding="utf-8"))["Statement"]
    listed = [statement["Action"] for statement in statements if sid in ("", statement["Sid"])]
    return {action for actions in listed for action in ([actions] if isinstance(actions, str) else actions)}


def action(operation, service):
    """The IAM action behind an operation; GetCallerIdentity needs none."""
    return RENAMED.get(operation, f"{SIGNED.get(service, service)}:{operation}")


class Asked:
    """What the engines of this process ask of AWS: (account id, IAM action); of syncs and the tests' own calls nothing."""

    def __init__(self, monkeypatch):
        from console.workflow.engine import Engine

        self.all, self._working = set(), 0
        stock = Aws.listen

        def listen(aws, client, account, region):
            client.meta.events.register("before-call", lambda model, **_: self._note(account, model))
            stock(aws, client, account, region)

        monkeypatch.setattr(Aws, "listen", listen)
        for name in ("resume", "abandon", "answer"):
            monkeypatch.setattr(Engine, name, self._around(getattr(Engine, name)))

    def by(self, account):
        return {asked for who, asked in self.all if who == account}

    def _note(self, account, model):
        if self._working:
            asked = action(model.name, model.service_model.signing_name)
            self.all |= {(account, asked)} | ({(account, WITH[asked])} if asked in WITH else set())

    def _around(self, inner):
        def wrapped(engine, *args, **rest):
            with self._at_work():
                return inner(engine, *args, **rest)

        return wrapped

    @contextmanager
    def _at_work(self):
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
