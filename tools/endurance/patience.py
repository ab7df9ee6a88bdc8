"""How soon the webhooks that the deployed consumer failed on come again, where nobody has minutes to wait for them."""

from collections.abc import Mapping

from tools.stack import Stack


def environment(stack: Stack) -> dict[str, str]:
    """What the consumer is told."""
    return stack.aws.functions.get_function_configuration(FunctionName=stack.consumer)["Environment"]["Variables"]


def impatient(told: Mapping[str, str], seconds: int) -> dict[str, str]:
    """The same, but that what failed comes again after so many seconds each time."""
    return {**told, "RETRY_SECONDS": " ".join(str(seconds) for _ in told["RETRY_SECONDS"].split())}


def set_up(stack: Stack, told: Mapping[str, str], visibility: int) -> None:
    """Deploy the consumer with this environment; what was given to one that died comes again after `visibility`."""
    functions = stack.aws.functions
    functions.update_function_configuration(FunctionName=stack.consumer, Environment={"Variables": told})
    version = functions.publish_version(FunctionName=stack.consumer)["Version"]
    functions.update_alias(FunctionName=stack.consumer, Name="live", FunctionVersion=version)
    stack.aws.sqs.set_queue_attributes(QueueUrl=stack.webhooks_queue, Attributes={"VisibilityTimeout": str(visibility)})
