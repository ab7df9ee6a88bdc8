"""What `sam local` is told, so that the functions in its containers find the stack on this machine."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from tools import sam
from tools.guarded_aws.rule import CONTAINERS
from tools.stack import Stack

# In containers the functions take the token and the key that the files in events/ carry, instead of the stack's own.
OF_EVENTS = {"URL_SECRET": "example", "READ_KEY": "example"}


def write_env_vars(stack: Stack, file: Path) -> None:
    """Writes what the deployed functions have in their environment, for `sam local --env-vars`."""
    functions = {
        "Ingest": stack.ingest,
        "Consumer": stack.consumer,
        "Trimmer": stack.trimmer,
        "Query": stack.query,
        "Console": stack.console,
    }
    content = {name: _variables(stack, function) for name, function in functions.items()}
    file.write_text(json.dumps(content, indent=2))


def write_parameters(file: Path) -> None:
    """Writes the template's parameters, for `sam local --parameter-overrides`: only the processor must be right."""
    file.write_text(f"Architecture: {sam.machine_architecture()}\n")


def _variables(stack: Stack, function: str) -> dict[str, str]:
    configuration = stack.aws.functions.get_function_configuration(FunctionName=function)
    port = urlsplit(stack.aws.endpoint or "").port
    variables = configuration["Environment"]["Variables"]
    known = {name: value for name, value in OF_EVENTS.items() if name in variables}
    return variables | known | {"AWS_ENDPOINT_URL": f"http://{CONTAINERS}:{port}"}
