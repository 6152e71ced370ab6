"""Rewriting a bucket in place beside `aws s3 cp --recursive` of the same bucket: objects a second, and their ratio.

    python -m tests.bench.bench_s3 [--objects 2000] [--bytes 1024] [--rounds 2] [--latency 50] [--aws PATH]

Both ask the same sandbox in one run, in turn. `--aws` names the AWS CLI of a venv of its own (`pip install awscli`);
without it the same is done as it does it: ListObjectsV2 and managed copies of s3transfer, ten at a time. Ours looks at
every object before (HeadObject), copies under conditions and puts every result on disk; the CLI only copies, and loses
class, ACL and redirect. `--latency` is how long each answer is on its way, in milliseconds, as S3's are; with 0 both
only compete for the CPU that the sandbox takes. The bare copies have our number of threads and no look.
Exit code 1 when ours is slower than the CLI.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.clouds import Cloud
from tests.datakeys.buckets import Rewriting

RULE = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def filled(turning, number, size):
    """Objects of that many bytes, in a bucket as S3 makes them today: without ACLs."""
    turning.s3.put_bucket_ownership_controls(Bucket=turning.bucket, OwnershipControls=RULE)
    body = os.urandom(size)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: turning.put(f"map{at % 10}/{at:07}", body, Metadata={"n": str(at)}), range(number)))
    turning.sync()


def ours(turning):
    """Objects a second of the step that rewrites, and of the whole run with its count and its proof."""
    begun = time.perf_counter()
    view = turning.rotate(turning.bucket, "rewrite")
    whole = time.perf_counter() - begun
    told = next(one.record.output for one in view.steps if one.record.step == "s3_copy")
    [judged] = turning.verdicts(view.run_id)
    assert judged.verdict == "proven", judged.facts
    return told["counts"]["rotated"] / told["seconds"], told["counts"]["rotated"] / whole


def cli(turning, program, number):
    """Objects a second of the AWS CLI, its start not counted."""
    where, folder = f"s3://{turning.bucket}/", turning.cloud.folder
    words = [program, "--endpoint-url", turning.cloud.endpoint, "--region", turning.region, "s3"]
    environ = {**os.environ, **credentials(turning), "AWS_CONFIG_FILE": str(folder / "none")}
    copy = [
        "cp",
        where,
        where,
        "--recursive",
        "--only-show-errors",
        "--sse",
        "aws:kms",
        "--sse-kms-key-id",
        turning.own,
    ]
    start = clocked(lambda: subprocess.run([*words, "ls", "s3://"], env=environ, capture_output=True, check=False))
    spent = clocked(lambda: subprocess.run([*words, *copy], env=environ, check=True))
    return number / (spent - start)


def managed(turning, number):
    """The same by s3transfer, which the CLI does it with."""
    from s3transfer.manager import TransferConfig, TransferManager

    extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": turning.own}

    def copied():
        with TransferManager(turning.s3, TransferConfig(max_request_concurrency=10)) as manager:
            pages = turning.s3.get_paginator("list_objects_v2").paginate(Bucket=turning.bucket)
            for entry in (entry for page in pages for entry in page["Contents"]):
                source = {"Bucket": turning.bucket, "Key": entry["Key"]}
                manager.copy(source, turning.bucket, entry["Key"], extra)

    return number / clocked(copied)


def bare(turning, number):
    """CopyObject and nothing else, by as many threads as ours."""
    names = [entry["Key"] for page in turning.s3.get_paginator("list_objects_v2").paginate(Bucket=turning.bucket)
             for entry in page["Contents"]]  # fmt: skip
    under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": turning.own, "Bucket": turning.bucket}

    def copied(name):
        turning.s3.copy_object(Key=name, CopySource={"Bucket": turning.bucket, "Key": name}, **under)

    with ThreadPoolExecutor(turning.settings.concurrency) as pool:
        return number / clocked(lambda: list(pool.map(copied, names)))


def credentials(turning):
    key, secret = turning.cloud._keys[turning.account]
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}


def clocked(act):
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--objects", type=int, default=2000)
    asked.add_argument("--bytes", type=int, default=1024)
    asked.add_argument("--rounds", type=int, default=2)
    asked.add_argument("--latency", type=float, default=50)
    asked.add_argument("--aws", default="")
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        cloud = Cloud(home)
        os.environ |= {"AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"), "AWS_CONFIG_FILE": str(home / "none")}
        try:
            return measured(Rewriting(cloud, cloud.real_region(), home), told)
        finally:
            cloud.close()


def measured(turning, told):
    filled(turning, told.objects, told.bytes)
    turning.cloud.latency(told.latency)
    best = {"ours, rewriting": 0.0, "ours, whole run": 0.0, "other": 0.0, "bare copies": 0.0}
    named = "aws s3 cp --recursive" if told.aws else "s3transfer, as the CLI uses it"
    for _ in range(told.rounds):
        copying, whole = ours(turning)
        other = cli(turning, told.aws, told.objects) if told.aws else managed(turning, told.objects)
        found = dict(zip(best, (copying, whole, other, bare(turning, told.objects)), strict=True))
        best = {name: max(best[name], rate) for name, rate in found.items()}
    for name, rate in best.items():
        print(f"{named if name == 'other' else name:32} {rate:8.0f} objects/s")
    ratio = best["ours, rewriting"] / best["other"]
    print(f"{'ours / theirs':32} {ratio:8.2f}")
    return 0 if ratio >= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
