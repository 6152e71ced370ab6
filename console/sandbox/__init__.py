"""An AWS on loopback: KMS with real backing keys, the rest by moto, one clock, one believable estate."""
