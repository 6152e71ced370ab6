"""The endpoint: any AWS client, many at once, honest refusals, and a desk that wants its token."""

import json
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from console.sandbox import process

TARGET = "TrentService.ListKeys"
CREDENTIAL = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0"


def raw(aws, *requests, wait_for=None):
    """Send bytes as they are and return everything that comes back."""
    url = urlsplit(aws.url)
    with socket.create_connection((url.hostname, url.port), timeout=10) as wire:
        for one in requests:
            wire.sendall(one)
        got = b""
        while got.count(b"HTTP/1.1 ") < (wait_for or len(requests)) or not got.endswith((b"}", b"\n")):
            some = wire.recv(65536)
            if not some:
                break
            got += some
    return got


def ask(body=b"{}", *, extra=b"", target=TARGET):
    head = (
        f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {CREDENTIAL}\r\nX-Amz-Target: {target}\r\n"
        f"Content-Length: {len(body)}\r\n"
    )
    return head.encode() + extra + b"\r\n" + body


def test_boto3_sees_every_generation_of_a_key(aws, refused):
    """Three rotations on demand make four materials; blobs of each open until the key is disabled."""
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blobs = [kms.encrypt(KeyId=key, Plaintext=b"0")["CiphertextBlob"]]
    for number in (b"1", b"2", b"3"):
        kms.rotate_key_on_demand(KeyId=key)
        blobs.append(kms.encrypt(KeyId=key, Plaintext=number)["CiphertextBlob"])
    materials = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    opened = [kms.decrypt(CiphertextBlob=blob) for blob in blobs]
    assert [one["Plaintext"] for one in opened] == [b"0", b"1", b"2", b"3"]
    assert {one["KeyMaterialId"] for one in opened} == {one["KeyMaterialId"] for one in materials}
    assert len(materials) == 4
    kms.disable_key(KeyId=key)
    assert refused(kms.decrypt, CiphertextBlob=blobs[0]) == "DisabledException"


@pytest.mark.skipif(shutil.which("aws") is None, reason="the aws command line is not installed")
def test_the_aws_command_line_works_with_the_folders_profile(aws, monkeypatch):
    """`aws --endpoint-url` with the sandbox's credentials file, and nothing else."""
    for name, value in aws.running.environment.items():
        monkeypatch.setenv(name, value)

    def cli(*words):
        done = subprocess.run(["aws", "--endpoint-url", aws.url, *words], capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)

    key = cli("kms", "create-key")["KeyMetadata"]["KeyId"]
    cli("kms", "rotate-key-on-demand", "--key-id", key)
    found = cli("kms", "list-key-rotations", "--key-id", key)
    assert [one["RotationType"] for one in found["Rotations"]] == ["ON_DEMAND"]


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        (
            "kms",
            lambda c: c.connect_custom_key_store(CustomKeyStoreId="cks-12345678901234567"),
            "UnknownOperationException",
        ),
        ("ec2", lambda c: c.describe_ipams(), "InvalidAction"),
        ("sts", lambda c: c.get_federation_token(Name="naam"), "InvalidAction"),
        ("kinesisvideo", lambda c: c.list_edge_agent_configurations(HubDeviceArn="arn:x"), "UnknownOperationException"),
    ],
    ids=["kms", "ec2", "sts", "rest"],
)
def test_an_operation_that_is_not_there_is_refused_in_the_services_words(aws, refused, service, call, code):
    """Never HTML, never a 500."""
    assert refused(call, c=aws.client(service)) == code


def test_every_answer_carries_a_request_id_of_its_own(aws):
    """Whoever asks for support can name the call."""
    ids = {aws.client("kms").list_keys()["ResponseMetadata"]["RequestId"] for _ in range(3)}
    ids |= {aws.client("ec2").describe_volumes()["ResponseMetadata"]["RequestId"] for _ in range(3)}
    assert len(ids) == 6


def test_one_connection_carries_many_requests_in_order(aws):
    """Keep-alive, also for a client that does not wait for its answers."""
    got = raw(aws, ask() + ask(target="TrentService.Nothing") + ask(), wait_for=3)
    statuses = [
        line.split()[1]
        for line in got.split(b"\r\n")
        if b"HTTP/1.1 " in line
        for line in [line[line.find(b"HTTP/1.1 ") :]]
    ]
    assert statuses == [b"200", b"400", b"200"]


def test_a_request_in_crumbs_is_one_request(aws):
    """TCP may cut anywhere."""
    whole = ask()
    assert b"200 OK" in raw(aws, *(whole[i : i + 40] for i in range(0, len(whole), 40)), wait_for=1)


def test_a_chunked_body_is_read(aws):
    """Clients that do not know a body's length beforehand are served too."""
    head = ask().partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    assert b'"Keys"' in raw(aws, head + b'2\r\n{"\r\n9\r\nLimit":1}\r\n0\r\n\r\n')


def test_a_client_that_asks_first_is_told_to_go_on(aws):
    """Expect: 100-continue, as S3 clients send it."""
    got = raw(aws, ask(extra=b"Expect: 100-continue\r\n"), wait_for=2)
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("noise", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000, b"431"),
        (ask(b"{not json"), b"400"),
    ],
    ids=["no http", "no length", "endless head", "no json"],
)
def test_noise_is_refused_and_the_sandbox_lives_on(aws, noise, status):
    """A broken client breaks only its own connection."""
    assert raw(aws, noise).split()[1] == status
    assert b"200 OK" in raw(aws, ask())


def test_it_listens_on_loopback_alone(aws):
    """Nobody on the network reaches it."""
    port = f"{urlsplit(aws.url).port:04X}"
    with Path("/proc/net/tcp").open() as table:
        listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
    assert [one for one in listening if one.endswith(f":{port}")] == [f"0100007F:{port}"]


def test_latency_delays_each_answer_but_not_the_others(aws):
    """Sixty-four clients that wait 100 ms each wait together."""
    aws.desk("POST", "latency", {"ms": 100})
    try:
        began = time.perf_counter()
        with ThreadPoolExecutor(64) as clients:
            answers = list(clients.map(lambda _: raw(aws, ask()), range(64)))
        took = time.perf_counter() - began
    finally:
        aws.desk("POST", "faults/off")
    assert all(b"200 OK" in one for one in answers)
    assert 0.1 <= took < 3


def test_throttling_is_switched_on_at_awss_quotas(aws, refused):
    """ListKeyRotations allows 100 a second; then ThrottlingException, until it is switched off."""
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    process.throttle(aws.running.folder, ["ListKeyRotations"])
    try:
        flood = ask(json.dumps({"KeyId": key}).encode(), target="TrentService.ListKeyRotations") * 150
        got = raw(aws, flood, wait_for=150)
        assert b"ThrottlingException" in got
        assert b"HTTP/1.1 200" in got
    finally:
        process.calm(aws.running.folder)
    assert b"ThrottlingException" not in raw(aws, flood, wait_for=150)


@pytest.mark.parametrize("token", ["", "wrong"])
def test_the_desk_wants_its_token(aws, token):
    """Whoever cannot read the folder cannot move the clock."""
    before = process.moment(aws.running.folder)
    assert aws.desk("POST", "advance", {"days": 400}, token=token)[0] == 403
    assert (process.moment(aws.running.folder) - before).days == 0


def test_the_desk_knows_what_it_can_do(aws):
    """Another action is 404, another method 405."""
    assert aws.desk("POST", "dance")[0] == 404
    assert aws.desk("GET", "stop")[0] == 405


def test_tags_of_keys_come_in_bulk(aws):
    """tag:GetResources lists tagged KMS keys only, a hundred a page."""
    kms, tagging = aws.client("kms"), aws.client("resourcegroupstaggingapi")
    for number in range(103):
        kms.create_key(Tags=[{"TagKey": "nummer", "TagValue": str(number)}])
    kms.create_key()
    asked = {"ResourceTypeFilters": ["kms:key"], "TagFilters": [{"Key": "nummer"}]}
    pages = list(tagging.get_paginator("get_resources").paginate(**asked))
    sizes = [len(page["ResourceTagMappingList"]) for page in pages]
    values = {one["Tags"][0]["Value"] for page in pages for one in page["ResourceTagMappingList"]}
    assert sizes == [100, 3]
    assert values == {str(number) for number in range(103)}


def test_tags_can_be_searched_by_value(aws):
    """TagFilters narrow by value; without a type filter other resources are listed too."""
    aws.client("kms").create_key(Tags=[{"TagKey": "kleur", "TagValue": "rood"}])
    aws.client("kms").create_key(Tags=[{"TagKey": "kleur", "TagValue": "blauw"}])
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "kleur", "Value": "rood"}]}]
    aws.client("ec2").create_volume(Size=1, AvailabilityZone="eu-west-1a", TagSpecifications=tags)
    tagging = aws.client("resourcegroupstaggingapi")
    asked = {"TagFilters": [{"Key": "kleur", "Values": ["rood"]}]}
    pages = tagging.get_paginator("get_resources").paginate(**asked)
    found = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
    assert sorted(arn.split(":")[2] for arn in found) == ["ec2", "kms"]
