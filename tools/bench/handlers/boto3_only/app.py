"""The least that an ingest can be with boto3: it enqueues what it is given, unseen."""

import os
from typing import Any

import boto3

_sqs = boto3.client("sqs")


def handler(request: dict[str, Any], _context: object) -> dict[str, int]:
    _sqs.send_message(QueueUrl=os.environ["WEBHOOKS_QUEUE_URL"], MessageBody=request["body"])
    return {"statusCode": 200}
