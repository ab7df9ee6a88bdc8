"""`make up`, `make down`, `make status`: Rollcall on this machine."""

import ipaddress
import os
import shlex
import sys

from rollcall import provider
from tools.aws import LOCAL_HOST
from tools.embedded_aws import DEFAULT_PORT, EmbeddedAws
from tools.lambda_environment import write_env_vars, write_parameters
from tools.places import LOCAL
from tools.progress import step
from tools.stack import Stack
from tools.trouble import BadInput, run
from tools.urls import DEFAULT_SOURCE, console_url, webhook_url


def up() -> None:
    """Starts what does not run, deploys what has changed, and says how to use it."""
    _print_welcome(start())


def start() -> Stack:
    """Starts what does not run, and deploys what has changed."""
    embedded = EmbeddedAws.running()
    if embedded is None:
        embedded = EmbeddedAws(_port(DEFAULT_PORT), host=_host(LOCAL_HOST))
        with step(f"Starting the embedded AWS at {embedded.endpoint}"):
            embedded.start()
    else:
        _refuse_to_move(embedded)
        print(f"The embedded AWS is already up at {embedded.endpoint}; deploying what has changed.")
    stack = embedded.deploy("rollcall")
    write_env_vars(stack, LOCAL / "env-vars.json")
    write_parameters(LOCAL / "parameters.yaml")
    return stack


def down() -> None:
    """Stops the embedded AWS, and nothing else."""
    embedded = EmbeddedAws.running()
    if embedded is None:
        print("Rollcall does not run on this machine.")
        return
    embedded.stop()
    print(f"Stopped the embedded AWS at {embedded.endpoint}; what it held is gone.")


def status() -> None:
    """Says whether it runs."""
    embedded = EmbeddedAws.running()
    if embedded is None:
        print("Rollcall does not run on this machine; `make up` starts it.")
        return
    _print_welcome(Stack.read("rollcall", embedded.aws))


def _port(default: int) -> int:
    text = os.environ.get("ROLLCALL_PORT") or str(default)
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise BadInput(f"ROLLCALL_PORT must be a number from 1024 to 65535, and is {text}.")
    return int(text)


def _host(default: str) -> str:
    text = os.environ.get("ROLLCALL_HOST") or default
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        raise BadInput(f"ROLLCALL_HOST must be an IPv4 address, and is {text}.") from None
    if address.is_unspecified:
        raise BadInput(f"ROLLCALL_HOST must be one address of this machine; {text} would open it to every network.")
    return text


def _refuse_to_move(embedded: EmbeddedAws) -> None:
    if (_host(embedded.host), _port(embedded.port)) != (embedded.host, embedded.port):
        raise BadInput(f"The embedded AWS is already up at {embedded.endpoint}: `make down` first to move it.")


def _print_welcome(stack: Stack) -> None:
    header = shlex.quote(f"Authorization: Bearer {stack.read_key}")
    question = shlex.quote(f"{stack.url}/presence/pubnub/{DEFAULT_SOURCE}/members?channel=lobby")
    print(f"\nRollcall is up at {stack.aws.endpoint}.\n")
    print(f"Console:  {console_url(stack)}\nRead key: {stack.read_key}\n")
    print(f"Webhook URLs of the source {DEFAULT_SOURCE}:")
    for name in provider.names():
        print(f"  {name:<9} {webhook_url(stack, name, DEFAULT_SOURCE)}")
    print(f"\nWho is in the channel lobby?\n  curl -H {header} {question}\n")
    print("Pusher signs its webhooks: store its key and secret with `.venv/bin/rollcall source add pusher/main`.")
    print("`.venv/bin/rollcall --help` lists what else it can be asked and told.")
    print("`make demo` fills it with life, `make down` stops it.")


def main() -> None:
    {"up": up, "start": start, "down": down, "status": status}[sys.argv[1]]()


if __name__ == "__main__":
    run(main)
