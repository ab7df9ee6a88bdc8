"""What goes wrong at AWS, in a sentence that says what to do."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    InvalidRegionError,
    NoCredentialsError,
    ProfileNotFound,
)

from tools.trouble import BadInput, Trouble, told


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "Because."}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NoCredentialsError(), "There are no usable AWS credentials"),
        (refused("ExpiredToken"), "AWS does not accept these credentials"),
        (refused("InvalidClientTokenId"), "AWS does not accept these credentials"),
        (refused("AccessDenied"), "These AWS credentials may not do this"),
        (refused("Throttling"), "AWS refused or could not be reached"),
        (EndpointConnectionError(endpoint_url="https://sqs.eu-wst-1.amazonaws.com"), "is the region right"),
        (InvalidRegionError(region_name="eu west"), "is the region right"),
        (ProfileNotFound(profile="nobody"), "There are no usable AWS credentials"),
    ],
)
def test_a_refusal_says_what_to_mend(
    error: BotoCoreError | ClientError, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, told():
        raise error
    assert ended.value.code == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"), [(Trouble("It is so."), 1), (BadInput("It is so."), 2), (KeyboardInterrupt(), 130)]
)
def test_the_exit_code_tells_what_kind_of_end_it_was(error: BaseException, code: int) -> None:
    with pytest.raises(SystemExit) as ended, told():
        raise error
    assert ended.value.code == code
