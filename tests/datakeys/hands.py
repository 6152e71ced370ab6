"""A person who is guided by hand: does what each step shows, makes up what is left to a person, answers as asked."""

import time

from console.datakeys.manual.services import service_of
from console.datakeys.manual.ways import WAYS
from store.run_records import RunStatus
from tests.datakeys.shell import Shell

PASSWORD = {"MasterUserPassword": "alleen-in-de-zandbak"}
LIKE = {
    "create-db-instance": ("Engine", "DBInstanceClass", "AllocatedStorage", "MasterUsername"),
    "create-db-cluster": ("Engine", "MasterUsername"),
    "create-domain": ("EngineVersion",),
    "create-file-system": ("FileSystemType", "StorageCapacity", "SubnetIds"),
    "create-file-system-from-backup": ("SubnetIds",),
    "import-table": ("AttributeDefinitions", "KeySchema"),
}
"""What a person takes over of the old resource into a file, of what the first command tells."""

POINT = "arn:aws:backup:eu-west-1:111122223333:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
STUBS = {
    "list-recovery-points-by-backup-vault": {"RecoveryPoints": [{"RecoveryPointArn": POINT}]},
    "start-copy-job": {"CopyJobId": "1"},
}
"""Answers of AWS Backup for what the sandbox does not hold: recovery points, and jobs that copy them."""

GIVEN = {
    ("efs", "new"): lambda said: (
        said["describe-replication-configurations"]["Replications"][0]["Destinations"][0]["FileSystemId"]
        if "describe-replication-configurations" in said
        else said["create-file-system"]["FileSystemId"]
    ),
    ("fsx", "new"): lambda said: (
        said.get("create-file-system-from-backup") or said["create-file-system"]
    )["FileSystem"]["FileSystemId"],
    ("fsx", "snapshot"): lambda said: said["create-backup"]["Backup"]["BackupId"],
    ("dynamodb", "snapshot"): lambda said: said["export-table-to-point-in-time"]["ExportDescription"]["ExportArn"],
}  # fmt: skip
"""Names that AWS gives itself, and a person copies."""


class Hands:
    """One run by one route. `bucket` is where a table is exported to; without `begin` it is left at its first step."""

    def __init__(self, turning, held, resource, route="", intended="", bucket="", *, begin=True):
        self.turning, self.held, self.engine = turning, held, turning.engine()
        choice = turning.choice(resource, intended)
        self.route, self.kind = choice.route(route), choice.subject.kind
        self.run = self.engine.start(turning.planner.wish(choice, self.route))
        blanks = {
            "BUCKET": bucket,
            "CLASS": "db.r5.large",
            "ARN": POINT,
            "ROLE": "arn:aws:iam::111122223333:role/kopie",
        }
        self.shell = Shell(held, blanks, self._file, STUBS)
        self.view = self.engine.resume(self.run) if begin else self.look()

    def look(self):
        """The run as it stands, whoever took it there."""
        self.view = self.engine.show(self.run)
        return self.view

    def _file(self, option, operation, said):
        """As the old resource was described, with what no description tells; a table's file names table and CMK."""
        service = service_of(self.kind)
        described = said[{"opensearch": "describe-domain"}.get(self.kind) or service.one.method.replace("_", "-")]
        entry = described.get(service.one.key) or described.get("DomainStatus")
        entry = entry[0] if isinstance(entry, list) else entry
        told = {name: entry[name] for name in LIKE[operation] if name in entry}
        if option == "table-creation-parameters":
            cmk = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.facts["intended"]}
            return {
                **told,
                "TableName": self._proposed("new"),
                "BillingMode": "PAY_PER_REQUEST",
                "SSESpecification": cmk,
            }
        return told | (PASSWORD if operation.startswith("create-db-") else {})

    def _proposed(self, field):
        (found,) = [one for one in self.view.current.fields if one.name == field]
        return found.default(self.view.known) if callable(found.default) else found.default

    @property
    def facts(self):
        return self.view.run.facts

    @property
    def way(self):
        return next(way for way in WAYS[self.kind] if way.name == self.route.name)

    def act(self):
        """What the current step shows, done; the answers to what it then asks."""
        said = self.shell.run(self.view.current.commands)
        named = [field.name for field in self.view.current.fields]
        return self._done() | {name: GIVEN[self.kind, name](said) for name in named if (self.kind, name) in GIVEN}

    def _done(self):
        return {"done": True} if any(field.name == "done" for field in self.view.current.fields) else {}

    def do(self, *, act=True, **answers):
        """The current step: its commands, then its answer; the step's name."""
        step = self.view.current
        self.engine.answer(self.run, (self.act() if act else self._done()) | answers)
        self.view = self.engine.resume(self.run)
        return step.name

    def walk(self):
        """Step after step as long as one is a person's, up to the end of what is old; their names."""
        walked = []
        while self.view.run.status is RunStatus.WAITING and self.view.run.step != "retire":
            walked.append(self.do())
        return walked

    def later(self, seconds):
        """The same run, seen again after a while."""
        self.turning.now = time.time() + seconds
        self.engine = self.turning.engine()
        self.view = self.engine.resume(self.run)

    def verdict(self):
        (judged,) = self.turning.verdicts(self.run)
        return judged
