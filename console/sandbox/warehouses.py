"""Redshift put right: a cluster comes under the CMK that ModifyCluster names; moto passes it over."""

from __future__ import annotations

from typing import Any

from moto.redshift.responses import RedshiftResponse

from console.sandbox.call import CURRENT

MODIFY = RedshiftResponse.modify_cluster
WRITE = ("GenerateDataKeyWithoutPlaintext",)


def install() -> None:
    """Once Redshift is asked at all."""
    RedshiftResponse.modify_cluster = modified


def modified(response: RedshiftResponse) -> Any:
    """At once; a real cluster takes its time."""
    call, key = CURRENT.get(), response._get_param("KmsKeyId")  # noqa: SLF001 - moto's own way
    arn = call.kms.use(call.by("redshift"), call.region, key, WRITE) if key else ""
    answer = MODIFY(response)
    if arn:
        name = response._get_param("NewClusterIdentifier") or response._get_param("ClusterIdentifier")  # noqa: SLF001
        cluster = response.redshift_backend.clusters[name]
        cluster.kms_key_id, cluster.encrypted = arn, True
    return answer
