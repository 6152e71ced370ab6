"""How the embedded AWS refuses: an error code, a message and an HTTP status, as botocore will read them."""

from __future__ import annotations


class AwsError(Exception):
    """One refusal; the server turns it into the wire form of the protocol that asked."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
