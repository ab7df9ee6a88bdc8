"""What AWS asks for a unit, from `prices.toml`."""

import tomllib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("prices.toml")


class Unit(StrEnum):
    """What AWS bills by, named as in the file of prices."""

    HTTP_API_REQUESTS = "http_api_requests"
    LAMBDA_REQUESTS = "lambda_requests"
    LAMBDA_GB_SECONDS = "lambda_gb_seconds"
    SQS_REQUESTS = "sqs_requests"
    SQS_FAIR_QUEUE_REQUESTS = "sqs_fair_queue_requests"
    WRITE_UNITS = "write_units"
    READ_UNITS = "read_units"
    TTL_DELETIONS = "ttl_deletions"
    SCHEDULE_STARTS = "schedule_starts"
    SECRET_MONTHS = "secret_months"  # noqa: S105  a unit
    ALARM_MONTHS = "alarm_months"
    METRIC_MONTHS = "metric_months"
    LOG_GB = "log_gb"
    STORED_GB_MONTHS = "stored_gb_months"
    RESTORABLE_GB_MONTHS = "restorable_gb_months"


class PriceList(NamedTuple):
    as_of: date
    of: Mapping[Unit, float]
    """Dollars for one unit."""


def read() -> dict[str, Any]:
    """The file as it stands."""
    return tomllib.loads(FILE.read_text())


@cache
def price_list() -> PriceList:
    content = read()
    return PriceList(
        content["as_of"], {Unit(name): price["dollars"] / price["per"] for name, price in content["prices"].items()}
    )
