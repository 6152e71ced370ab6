"""Secrets of a tenant whose data keys are to be rotated, and what must be true of them afterwards."""

from store.run_records import RunStatus
from store.verdicts import Verdict

VALUE = "gegevens van Agentschap A ✓"


class Vault:
    """The tenant's Secrets Manager and one secret in it."""

    def __init__(self, turning, *, key="", name="x/databank", **value):
        self.turning = turning
        self.client = turning.cloud.client("secretsmanager", turning.region, turning.account)
        places = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}
        tags = [{"Key": one, "Value": told} for one, told in places.items()]
        wish = {"KmsKeyId": key or turning.own, "Tags": tags} | (value or {"SecretString": VALUE})
        self.arn = self.client.create_secret(Name=name, **wish)["ARN"]
        self.first = self.labels()["AWSCURRENT"]

    def put(self, value, **more):
        return self.client.put_secret_value(SecretId=self.arn, SecretString=value, **more)["VersionId"]

    def value(self, **which):
        told = self.client.get_secret_value(SecretId=self.arn, **which)
        return told.get("SecretString", told.get("SecretBinary"))

    def labels(self):
        """Label to version."""
        told = self.client.describe_secret(SecretId=self.arn)["VersionIdsToStages"]
        return {label: version for version, hung in told.items() for label in hung}

    def judged(self):
        """Version to what AWS's side knows of it."""
        return {one["version"]: one for one in self.turning.cloud.judged("secrets", self.arn)}

    def begun(self, intended=""):
        """A run that is recorded, and nothing of it done."""
        choice = self.turning.choice(self.arn, intended)
        return self.turning.engine().start(self.turning.planner.wish(choice, choice.route("")))

    def renewed(self, run):
        """One new version with another data key and the same value is current; the run waits for its last step."""
        view = self.turning.engine().show(run)
        assert (view.run.status, view.run.step) == (RunStatus.WAITING, "secret_unlabel")
        assert [one.verdict for one in self.turning.verdicts(run)] == [Verdict.PROVEN]
        known, labels = self.judged(), self.labels()
        new = labels["AWSCURRENT"]
        assert labels == {"AWSCURRENT": new, "AWSPREVIOUS": self.first}
        assert set(known) == {self.first, new}
        assert known[new]["data_key"] not in {known[self.first]["data_key"], None}
        assert known[new]["digest"] == known[self.first]["digest"]
        assert self.value() == VALUE

    def as_before(self):
        """The first version is current and nothing else has a label."""
        assert self.labels() == {"AWSCURRENT": self.first}
        assert self.value() == VALUE
