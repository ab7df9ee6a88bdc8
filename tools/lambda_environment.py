"""What `sam local` is told, so that the functions in its containers find the stack on this machine."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from tools import sam
from tools.guarded_aws.rule import CONTAINERS
from tools.stack import Stack

# In containers the functions take the token and the key that the files in events/ carry, instead of the stack's own.
KEY_OF_EVENTS = "example"
_SECRET_OF_EVENTS = "rollcall-events"  # noqa: S105  its name; it guards what this machine makes up


def write_env_vars(stack: Stack, file: Path) -> None:
    """Writes what the deployed functions have in their environment, for `sam local --env-vars`.

    Of the stack's keys the containers know nothing: they are given that of the files in events/.
    """
    secret = _secret_of_events(stack)
    functions = {
        "Ingest": stack.ingest,
        "Consumer": stack.consumer,
        "Trimmer": stack.trimmer,
        "Query": stack.query,
        "Console": stack.console,
    }
    content = {name: _variables(stack, function, secret) for name, function in functions.items()}
    file.write_text(json.dumps(content, indent=2))


def write_parameters(file: Path) -> None:
    """Writes the template's parameters, for `sam local --parameter-overrides`: only the processor must be right."""
    file.write_text(f"Architecture: {sam.machine_architecture()}\n")


def _secret_of_events(stack: Stack) -> str:
    secrets = stack.aws.secrets
    try:
        return secrets.create_secret(Name=_SECRET_OF_EVENTS, SecretString=KEY_OF_EVENTS)["ARN"]
    except secrets.exceptions.ResourceExistsException:
        return secrets.describe_secret(SecretId=_SECRET_OF_EVENTS)["ARN"]


def _variables(stack: Stack, function: str, secret: str) -> dict[str, str]:
    configuration = stack.aws.functions.get_function_configuration(FunctionName=function)
    port = urlsplit(stack.aws.endpoint or "").port
    variables = configuration["Environment"]["Variables"]
    of_events = {"URL_SECRET": KEY_OF_EVENTS, "URL_SECRET_ARN": secret, "READ_KEY_ARN": secret}
    known = {name: value for name, value in of_events.items() if name in variables}
    return variables | known | {"AWS_ENDPOINT_URL": f"http://{CONTAINERS}:{port}"}
