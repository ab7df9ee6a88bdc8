"""What DynamoDB refuses, as botocore tells it."""

from functools import cache
from typing import Any, cast

import botocore.session
from botocore.errorfactory import BaseClientExceptions, ClientExceptionsFactory
from botocore.exceptions import ClientError

from tools.memory_dynamodb.capacity import Item


class Refused(Exception):
    """A request that DynamoDB would refuse, with the code of its error."""

    def __init__(self, code: str, message: str, item: Item | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.item = item

    def as_client_error(self, operation: str) -> ClientError:
        answer: Any = {
            "Error": {"Code": self.code, "Message": str(self)},
            "message": str(self),
            "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0},
        }
        if self.item is not None:
            answer["Item"] = dict(self.item)
        kind = cast("type[ClientError]", exceptions().from_code(self.code))
        return kind(answer, operation)


def invalid(message: str) -> Refused:
    return Refused("ValidationException", message)


@cache
def exceptions() -> BaseClientExceptions:
    """What a boto3 client has as `exceptions`: the very same classes that botocore would make."""
    model = botocore.session.Session().get_service_model("dynamodb")
    return ClientExceptionsFactory().create_client_exceptions(model)
