"""Encrypted files at size: our rewriting beside the library's own defaults and beside bare AES-GCM, all in one run.

python tests/bench/bench_files.py [MIB]

Figures are MiB of plaintext a second. Exit code 1 when a goal is missed: encrypting at our frame length is at least
1.5 times the library's default, and a whole rotation (open, seal, write, read back) at least 0.8 times as fast as a
copy by that default (decrypt and encrypt), which reads nothing back.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import aws_encryption_sdk as sdk
from aws_encryption_sdk.key_providers.kms import KMSMasterKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from console.datakeys.envelope import folder, header
from console.datakeys.envelope.sealing import FRAME, Sealer
from tests.clouds import Cloud

MIB = 1 << 20
FASTER, COPY = 1.5, 0.8
UNSIGNED = sdk.Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY


class Bench:
    """One plaintext, one CMK of a sandbox, one client of the library."""

    def __init__(self, cloud, size, home):
        self.size, self.home = size, home
        self.kms = cloud.client("kms", "eu-west-1")
        self.key = self.kms.create_key()["KeyMetadata"]["Arn"]
        self.client = sdk.EncryptionSDKClient()
        self.data = os.urandom(MIB) * size
        self.plain = home / "plain"
        self.plain.write_bytes(self.data)

    def master(self):
        return KMSMasterKey(key_id=self.key, client=self.kms)

    def timed(self, name, work):
        """MiB a second, printed."""
        begun = time.perf_counter()
        work()
        rate = self.size / (time.perf_counter() - begun)
        print(f"{name:52}{rate:9.0f} MiB/s", flush=True)
        return rate

    def bare(self):
        """Nothing but AES-GCM, a frame at a time, from file to file."""
        cipher, nonce = AESGCM(os.urandom(32)), bytes(12)
        with self.plain.open("rb") as source, (self.home / "bare").open("wb") as target:
            while chunk := source.read(FRAME):
                target.write(cipher.encrypt(nonce, chunk, None))

    def sealed(self, name, **how):
        """The library, iterated over as its guide says."""
        wish = {"mode": "e", "key_provider": self.master(), **how}
        with (
            self.plain.open("rb") as source,
            (self.home / name).open("wb") as target,
            self.client.stream(source=source, **wish) as stream,
        ):
            for chunk in stream:
                target.write(chunk)

    def opened(self, name, **how):
        with (
            (self.home / name).open("rb") as source,
            self.client.stream(mode="d", source=source, key_provider=self.master(), **how) as stream,
        ):
            for _ in stream:
                pass

    def rotated(self, name):
        """Open, seal, verify: what a rotation does with one file, in its folder."""
        sealer = Sealer(lambda _: self.kms)

        def seal(old, new):
            with os.fdopen(os.dup(old), "rb") as source:
                told = header.read(source)
            os.lseek(old, 0, os.SEEK_SET)
            with os.fdopen(os.dup(old), "rb", 1 << 20) as source, os.fdopen(os.dup(new), "wb", 1 << 20) as target:
                first = sealer.rewrite(source, target, told, self.key)
            os.lseek(new, 0, os.SEEK_SET)
            with os.fdopen(os.dup(new), "rb", 1 << 20) as source:
                assert sealer.digest(source, self.key) == first

        where = self.home / f"folder-{name}"
        where.mkdir()
        os.link(self.home / name, where / name)
        (self.home / name).unlink()
        for found in folder.walk(str(where)):
            assert folder.write(found, "bench", seal)


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 128
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        cloud = Cloud(home)
        try:
            bench = Bench(cloud, size, home)
            print(f"{size} MiB, frames of {FRAME // 1024} KiB where ours")
            bench.timed("AES-GCM alone", bench.bare)
            usual = bench.timed("library, default (4 KiB, signed): encrypt", lambda: bench.sealed("usual"))
            reading = bench.timed("library, default: decrypt", lambda: bench.opened("usual"))
            ours = {"frame_length": FRAME, "line_length": FRAME}
            signed = bench.timed("our frames, signed: encrypt", lambda: bench.sealed("signed", **ours))
            plain = {"algorithm": UNSIGNED, **ours}
            quick = bench.timed("our frames, unsigned: encrypt", lambda: bench.sealed("quick", **plain))
            bench.timed("our frames, unsigned: decrypt", lambda: bench.opened("quick", line_length=FRAME))
            big = {"algorithm": UNSIGNED, "frame_length": MIB, "line_length": MIB}
            bench.timed("frames of 1 MiB, unsigned: encrypt", lambda: bench.sealed("big", **big))
            whole = bench.timed("rotation of a message of 4 KiB frames, signed", lambda: bench.rotated("usual"))
            bench.timed("rotation of a message of our frames, unsigned", lambda: bench.rotated("quick"))
        finally:
            cloud.close()
    copying = 1 / (1 / usual + 1 / reading)
    print(
        f"encrypt {signed / usual:.1f} x (unsigned {quick / usual:.1f} x), rotation {whole / copying:.1f} x the default"
    )
    return 0 if signed / usual >= FASTER and whole >= COPY * copying else 1


if __name__ == "__main__":
    sys.exit(main())
