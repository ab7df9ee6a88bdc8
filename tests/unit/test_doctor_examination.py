"""Each fault is named once, and what the operator may not ask is none."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tools.doctor.check import Check, Judgement, Verdict, fault, ok, warning
from tools.doctor.examination import examine
from tools.doctor.intrinsics import Unresolvable
from tools.trouble import Trouble

OK = ok("It is there.")
FAULT = fault("It is gone.", "Bring it back.")


def says(judgement: Judgement) -> Callable[[], Judgement]:
    return lambda: judgement


def never() -> Judgement:
    raise AssertionError("It was asked.")


def raises(error: Exception) -> Callable[[], Judgement]:
    def look() -> Judgement:
        raise error

    return look


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "The queue 7 is not there."}}, "GetQueueAttributes")


def test_what_could_only_repeat_a_fault_is_skipped_and_says_which_one() -> None:
    found = list(examine([Check("queue Webhooks", says(FAULT)), Check("journey", never, ("role", "queue"))]))
    assert [(one.name, one.verdict) for one in found] == [
        ("queue Webhooks", Verdict.FAULT),
        ("journey", Verdict.SKIPPED),
    ]
    assert found[1].sentence == "Not tried, since there is a fault: queue Webhooks."


@pytest.mark.parametrize("earlier", [OK, warning("It is old.", "Renew it.")])
def test_only_a_fault_keeps_others_from_being_looked_at(earlier: Judgement) -> None:
    (_, found) = examine([Check("queue Webhooks", says(earlier)), Check("journey", says(OK), ("queue",))])
    assert found.verdict is Verdict.OK


def test_what_was_skipped_is_no_cause_itself() -> None:
    asked = [Check("a", says(FAULT)), Check("b", never, ("a",)), Check("c", says(OK), ("b",)), Check("d", says(OK))]
    assert [one.verdict for one in examine(asked)] == [Verdict.FAULT, Verdict.SKIPPED, Verdict.OK, Verdict.OK]


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_what_the_operator_may_not_ask_is_no_fault(code: str) -> None:
    (found,) = examine([Check("queue Webhooks", raises(refusal(code)))])
    assert found.verdict is Verdict.SKIPPED
    assert "GetQueueAttributes" in found.sentence
    assert found.sentence.startswith("You may not")


@pytest.mark.parametrize(
    "error",
    [
        refusal("QueueDoesNotExist"),
        refusal("AWS.SimpleQueueService.NonExistentQueue"),
        refusal("NoSuchEntity"),
        refusal("ResourceNotFoundException"),
        Trouble("The API cannot be reached."),
    ],
)
def test_what_is_not_there_is_a_fault(error: Exception) -> None:
    (found,) = examine([Check("queue Webhooks", raises(error))])
    assert found.verdict is Verdict.FAULT
    assert str(error) in found.sentence
    assert found.remedy


@pytest.mark.parametrize(
    "error",
    [
        Unresolvable("Who knows."),
        EndpointConnectionError(endpoint_url="https://sqs"),
        refusal("ThrottlingException"),
        refusal("InvalidAction"),
    ],
)
def test_what_cannot_be_found_out_is_no_fault_and_ends_nothing(error: Exception) -> None:
    found = list(examine([Check("role IngestRole", raises(error)), Check("api", says(OK))]))
    assert [one.verdict for one in found] == [Verdict.SKIPPED, Verdict.OK]
