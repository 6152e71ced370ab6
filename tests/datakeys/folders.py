"""A folder of encrypted files as an application would leave it, written by AWS's own library with its own defaults."""

import hashlib
from dataclasses import replace

import aws_encryption_sdk as sdk
from aws_encryption_sdk.internal.formatting.deserialize import deserialize_header
from aws_encryption_sdk.key_providers.kms import KMSMasterKey

from console.files import FilesSettings
from store.run_records import RunStatus
from store.verdicts import Verdict

CONTEXT = {"toepassing": "X"}


class Folder:
    """A folder under the CMK of Agentschap A / X / Productie, known to the settings of a `Turning`."""

    def __init__(self, turning, path, rows=0):
        self.turning, self.path = turning, path
        path.mkdir(parents=True)
        self.kms = turning.cloud.client("kms", turning.region, turning.account)
        told = FilesSettings("Agentschap A", str(path), turning.own, "X", "Productie", rows)
        (tenant,) = turning.settings.tenants
        turning.settings = replace(turning.settings, tenants=(replace(tenant, files=(*tenant.files, told)),))
        self.known = {}

    def write(self, name, data, *, key="", **more):
        """An encrypted file; what it holds is remembered by its digest."""
        client = sdk.EncryptionSDKClient(commitment_policy=sdk.CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
        if more.get("algorithm") is None:
            client = sdk.EncryptionSDKClient()
        master = KMSMasterKey(key_id=key or self.turning.own, client=self.kms)
        sealed, _ = client.encrypt(source=data, key_provider=master, encryption_context=CONTEXT, **more)
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sealed)
        self.known[name] = hashlib.sha256(data).digest()
        return path

    def header(self, name):
        with (self.path / name).open("rb") as stream:
            return deserialize_header(stream)[0]

    def data_key(self, name):
        """The data key itself, as only KMS can tell: the judge of what is another one."""
        told = self.header(name)
        (wrapped,) = told.encrypted_data_keys
        asked = {"CiphertextBlob": wrapped.encrypted_data_key, "EncryptionContext": told.encryption_context}
        return self.kms.decrypt(**asked)["Plaintext"], wrapped.key_provider.key_info.decode()

    def plain(self, name):
        """What a reader gets, by the library with its own strict defaults."""
        keys = [KMSMasterKey(key_id=self.data_key(name)[1], client=self.kms)]
        policy = sdk.CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
        with (self.path / name).open("rb") as source:
            return sdk.EncryptionSDKClient(commitment_policy=policy).decrypt(source=source, key_provider=keys[0])[0]

    def same(self):
        """Every file that was written still holds what was written."""
        return all(hashlib.sha256(self.plain(name)).digest() == digest for name, digest in self.known.items())

    def keys(self):
        return {name: self.data_key(name)[0] for name in self.known}

    def files(self):
        """Every path below, also hidden ones."""
        return {str(one.relative_to(self.path)) for one in self.path.rglob("*") if not one.is_dir()}

    def sync(self):
        self.turning.sync()
        return self

    def begun(self, intended=""):
        choice = self.turning.choice(str(self.path), intended)
        return self.turning.engine().start(self.turning.planner.wish(choice, choice.route("")))

    def renewed(self, run, before):
        """Every file has another data key and the same contents, proven; the run waits for its last step."""
        view = self.turning.engine().show(run)
        assert (view.run.status, view.run.step) == (RunStatus.WAITING, "retire"), view.run.reason
        assert [one.verdict for one in self.turning.verdicts(run)] == [Verdict.PROVEN]
        assert self.same()
        after = self.keys()
        assert not {*before.values()} & {*after.values()}
        assert len({*after.values()}) == len(after)

    def as_before(self, before):
        """Every file is the one that was there, and nothing lies beside it."""
        assert self.keys() == before
        assert self.files() == set(self.known)
