"""What goes wrong in a command, told to whoever typed it in one sentence."""

import os
import sys
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError


class Trouble(Exception):
    """The command cannot do its work; the text says why and what to do about it."""

    exit_code = 1


class BadInput(Trouble):
    """The command was asked for something that makes no sense."""

    exit_code = 2


def run(command: Callable[[], None]) -> None:
    """Runs a command; what goes wrong becomes a sentence on stderr and an exit code."""
    try:
        command()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        sys.exit(trouble.exit_code)
    except (BotoCoreError, ClientError) as error:
        print(f"AWS refused or could not be reached: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain when it flushes the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)  # what a shell reports for a program that Ctrl-C ended
