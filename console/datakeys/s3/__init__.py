"""S3: a bucket is a *group* of data keys, one per object; what a scan sees of it, and how its objects get new ones."""

from console.datakeys.s3.scan import S3Kind

__all__ = ["KIND", "S3Kind"]

KIND = S3Kind()
