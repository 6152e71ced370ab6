"""A workflow with effects in AWS: a tagged key under an alias, in the central account; a tag in the tenant's."""

from console.aws.refusals import AwsRefusal
from console.aws.session import Aws, ask, pages
from console.settings import Settings
from console.workflow import Lane, Step, Wish, Workflow
from console.workflow.engine import Engine
from console.workflow.walk import Patience
from console.workflows.lanes import AwsLanes
from store.database import Store
from store.runs import RunRepository

RUN = "kms-console:run"


def make(ctx):
    kms = ctx.client("kms", ctx.facts["region"])
    tags = [{"TagKey": RUN, "TagValue": ctx.run_id}]
    return {"key_id": ask(kms, "create_key", Tags=tags)["KeyMetadata"]["KeyId"]}


def made(ctx):
    """The key that carries this run's tag."""
    kms = ctx.client("kms", ctx.facts["region"])
    for key in pages(kms, "list_keys", "Keys"):
        tags = ask(kms, "list_resource_tags", KeyId=key["KeyId"])["Tags"]
        if {"TagKey": RUN, "TagValue": ctx.run_id} in tags:
            return {"key_id": key["KeyId"]}
    return None


def alias_of(ctx):
    return f"alias/run-{ctx.run_id}"


def name(ctx):
    kms = ctx.client("kms", ctx.facts["region"])
    ask(kms, "create_alias", AliasName=alias_of(ctx), TargetKeyId=ctx.outputs["make"]["key_id"])
    return {"alias": alias_of(ctx)}


def named(ctx):
    kms = ctx.client("kms", ctx.facts["region"])
    found = pages(kms, "list_aliases", "Aliases", KeyId=ctx.outputs["make"]["key_id"])
    return {"alias": alias_of(ctx)} if alias_of(ctx) in {each["AliasName"] for each in found} else None


def unnamed(ctx):
    try:
        ask(ctx.client("kms", ctx.facts["region"]), "delete_alias", AliasName=ctx.output["alias"])
    except AwsRefusal as error:
        if error.code != "NotFoundException":
            raise


def unmade(ctx):
    kms = ctx.client("kms", ctx.facts["region"])
    if ask(kms, "describe_key", KeyId=ctx.output["key_id"])["KeyMetadata"]["KeyState"] != "PendingDeletion":
        ask(kms, "schedule_key_deletion", KeyId=ctx.output["key_id"], PendingWindowInDays=7)


def look(ctx):
    """As whom this desk acts in the tenant's account."""
    sts = ctx.client("sts", ctx.facts["region"], ctx.facts["account"])
    return {"arn": ask(sts, "get_caller_identity")["Arn"]}


KEYS = Workflow(
    "keys",
    (
        Step("make", make, find=made, undo=unmade),
        Step("name", name, find=named, undo=unnamed, passing=frozenset({"NotFoundException"})),
        Step("look", look, lane=Lane.TENANT, when=lambda known: bool(known.facts["account"])),
    ),
)


def engine(path, region, endpoint, tenants=(), **settings):
    settings.setdefault("role", "admin")
    told = Settings(
        store=path, regions=(region,), endpoint_url=endpoint, profile="central", tenants=tuple(tenants), **settings
    )
    runs = RunRepository(Store.open(path, write=True))
    lanes = AwsLanes(told, Aws(told))
    return Engine(runs, {"keys": KEYS}, lanes, "ann", sleep=lambda _: None, patience=Patience(tries=3))


def begin(at, region, account=""):
    return at.start(Wish("keys", "a key", {"region": region, "account": account}))


def resume(path, run, region, endpoint):
    """For the kill harness."""
    from pathlib import Path

    return str(engine(Path(path), region, endpoint).resume(run).run.status)
