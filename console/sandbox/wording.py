"""How each AWS protocol words a refusal, so that every client reads the code and the message from it."""

from __future__ import annotations

from xml.sax.saxutils import escape

from console.sandbox.errors import AwsError
from console.sandbox.message import FORM, Request, Response, json_answer, xml_answer

# The same trouble with credentials has another name and status in each service.
UNKNOWN = "UnrecognizedClientException"
EXPIRED = "ExpiredTokenException"
INVALID = "The security token included in the request is invalid."
CREDENTIALS = {
    ("ec2", UNKNOWN): ("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    ("ec2", EXPIRED): ("RequestExpired", "Request has expired.", 400),
    ("s3", UNKNOWN): (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
    ),
    ("s3", EXPIRED): ("ExpiredToken", "The provided token has expired.", 400),
    ("query", UNKNOWN): ("InvalidClientTokenId", INVALID, 403),
    ("query", EXPIRED): ("ExpiredToken", "The security token included in the request is expired", 403),
}


def refusal(request: Request, error: AwsError, request_id: str) -> Response:
    """The error in the words of the protocol that asked."""
    asked_in = protocol(request)
    if (asked_in, error.code) in CREDENTIALS:
        error = AwsError(*CREDENTIALS[asked_in, error.code])
    match asked_in:
        case "json":
            return json_answer({"__type": error.code, "message": error.message}, error.status)
        case "s3":
            return _s3_refusal(request, error, request_id)
        case "ec2":
            return _ec2_refusal(error, request_id)
        case "query":
            return _query_refusal(error, request_id)
        case _:
            return _rest_refusal(error)


def protocol(request: Request) -> str:
    scope = request.scope
    service = scope.service if scope else "s3"
    if request.target:
        return "json"
    if service in {"s3", "ec2"}:
        return service
    return "query" if request.headers.get("content-type", "").startswith(FORM) else "rest"


def _rest_refusal(error: AwsError) -> Response:
    answer = json_answer({"message": error.message}, error.status)
    answer.headers["x-amzn-ErrorType"] = error.code
    return answer


def _words(error: AwsError) -> str:
    return f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"


def _query_refusal(error: AwsError, request_id: str) -> Response:
    kind = "Receiver" if error.status >= 500 else "Sender"
    return xml_answer(
        f"<ErrorResponse><Error><Type>{kind}</Type>{_words(error)}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>",
        error.status,
    )


def _ec2_refusal(error: AwsError, request_id: str) -> Response:
    return xml_answer(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Response><Errors><Error>{_words(error)}</Error></Errors><RequestID>{request_id}</RequestID></Response>",
        error.status,
    )


def _s3_refusal(request: Request, error: AwsError, request_id: str) -> Response:
    if request.method == "HEAD":  # S3 sends no words with HEAD; botocore makes the code of the status
        return Response(error.status)
    return xml_answer(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{_words(error)}<RequestId>{request_id}</RequestId></Error>',
        error.status,
    )
