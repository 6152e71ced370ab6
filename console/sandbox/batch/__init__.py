"""S3 Batch Operations: jobs of S3 Control that copy objects by the role they were given, while others go on asking."""

from console.sandbox.batch.jobs import Jobs

__all__ = ["Jobs"]
