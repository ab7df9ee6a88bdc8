"""What Rollcall asks of SSM and of the queue Parked, in memory."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


class ParameterNotFound(ClientError):
    """As boto3's own."""


@dataclass(frozen=True)
class MemoryParameters:
    """SSM: parameters by the beginning of their names, the same for all sources of a provider."""

    values: Mapping[str, object]
    exceptions = SimpleNamespace(ParameterNotFound=ParameterNotFound)

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: ARG002, N803  as boto3 has it
        for prefix, value in self.values.items():
            if Name.startswith(f"{prefix}/"):
                return {"Parameter": {"Value": json.dumps(value)}}
        raise ParameterNotFound({"Error": {"Code": "ParameterNotFound"}}, "GetParameter")


@dataclass(frozen=True)
class MemoryParked:
    """SQS, from the side that parks."""

    bodies: list[str]

    def send_message(self, *, MessageBody: str, **_: object) -> None:  # noqa: N803  as boto3 has it
        self.bodies.append(MessageBody)
