"""No webhook harms another: of a batch of a hundred, what cannot be read fails alone and ends parked."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from typing import Any

from rollcall.envelope import Envelope, open_envelope, seal
from tests.e2e.rollcall_client import RollcallClient, now, pubnub
from tools.endurance import patience
from tools.parked import looked_at
from tools.places import ROOT
from tools.stack import Stack

SOURCE = "poisons"
PROGRAM = Path(__file__).with_name("poisoned_consumer.py")
DO_HARM = (b"never_returns", b"sleeps", b"dies", b"takes_all_memory")
CROWD = 93
TRIES = 7  # as the template has it
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}


def known_poisons() -> list[tuple[bytes, dict[str, str]]]:
    """Bodies that once took a whole batch with them; each is a few hundred bytes in the queue, or a few thousand."""
    disposition = b'Content-Disposition: form-data; name="' + b";" * 400_000
    return [
        (b"--b\r\n" + disposition + b"\r\n\r\nx\r\n--b--\r\n", MULTIPART),
        (b'{"action":"state-change","channel":"room","uuid":"ann","data":"' + b"a" * 4_000_000 + b'"}', {}),
        (b'{"schema":"presence.user.channel.joined","data":[' + b"0," * 99_999 + b"0]}", {}),
    ]


def message(body: bytes, headers: dict[str, str]) -> str:
    return seal(
        Envelope(provider="pubnub", source=SOURCE, received_at=now(), request_id="r", headers=headers, body=body)
    )


@contextmanager
def nobody_else_consumes(stack: Stack) -> Iterator[None]:
    (mapping,) = stack.aws.functions.list_event_source_mappings(FunctionName=f"{stack.consumer}:live")[
        "EventSourceMappings"
    ]
    stack.aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield
    stack.aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def receive(stack: Stack, most: int = 100) -> list[dict[str, Any]]:
    """A batch, as Lambda hands it over."""
    records: dict[str, dict[str, Any]] = {}
    while len(records) < most:
        answer = stack.aws.sqs.receive_message(
            QueueUrl=stack.webhooks_queue, MaxNumberOfMessages=10, AttributeNames=["All"], WaitTimeSeconds=1
        )
        if not answer.get("Messages"):
            break
        for one in answer["Messages"]:
            records[one["MessageId"]] = {
                "messageId": one["MessageId"],
                "receiptHandle": one["ReceiptHandle"],
                "body": one["Body"],
                "attributes": one["Attributes"],
                "messageAttributes": {},
            }
    return list(records.values())


def consume(stack: Stack, records: list[dict[str, Any]]) -> set[str]:
    """One invocation; what failed is not deleted. Returns the ids of what failed."""
    done = run(
        [sys.executable, PROGRAM],
        input=json.dumps({"Records": records}),
        env={
            **patience.impatient(patience.environment(stack), 0),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'functions/consumer'}:{ROOT / 'layers/rollcall'}",
            "AWS_DEFAULT_REGION": stack.aws.session.region_name,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=90,  # the function's own
    )
    failed = {one["itemIdentifier"] for one in json.loads(done.stdout.splitlines()[-1])["batchItemFailures"]}
    for record in records:
        if record["messageId"] not in failed:
            stack.aws.sqs.delete_message(QueueUrl=stack.webhooks_queue, ReceiptHandle=record["receiptHandle"])
    return failed


def test_in_a_batch_with_every_poison_all_others_are_applied_at_once_and_only_poisons_are_parked(
    rollcall: RollcallClient,
) -> None:
    stack = rollcall.stack
    poisons = [*((body, {}) for body in DO_HARM), *known_poisons()]
    joins = [pubnub(("joined", "room", f"user-{number:02}")) for number in range(CROWD)]
    with nobody_else_consumes(stack):
        for body, headers in [*poisons, *((join, {}) for join in joins)]:
            stack.aws.sqs.send_message(QueueUrl=stack.webhooks_queue, MessageBody=message(body, headers))
        batch = receive(stack)
        assert len(batch) == len(poisons) + CROWD == 100
        failed = consume(stack, batch)
        assert rollcall.users("pubnub", SOURCE, "room") >= {f"user-{number:02}" for number in range(CROWD)}
        assert {open_envelope(record["body"]).body for record in batch if record["messageId"] in failed} <= {
            body for body, _ in poisons
        }
        for _ in range(TRIES):
            if again := receive(stack):
                consume(stack, again)
    rollcall.settle()
    with looked_at(stack) as messages:
        parked = [envelope for each in messages if (envelope := open_envelope(each["Body"])).source == SOURCE]
    assert sorted(envelope.body for envelope in parked) == sorted(body for body, _ in poisons)
