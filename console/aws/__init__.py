"""AWS: the only floor that imports botocore; small gateways that answer with plain values."""
