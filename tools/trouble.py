"""What goes wrong in a command, told to whoever typed it in one sentence."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    InvalidRegionError,
    LoginError,
    LoginInsufficientPermissions,
    MissingDependencyException,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

# What the services say of keys that are wrong, expired or of nobody; each has words of its own.
_REFUSED_KEYS = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_ENDED = 130  # what a shell reports for a program that Ctrl-C ended
# As IAM itself and the services say it.
FORBIDDEN = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}


class Trouble(Exception):
    """The command cannot do its work; the text says why and what to do about it."""

    exit_code = 1


class BadInput(Trouble):
    """The command was asked for something that makes no sense."""

    exit_code = 2


def run(command: Callable[[], None]) -> None:
    """Runs a command; what goes wrong becomes a sentence on stderr and an exit code."""
    with told():
        command()


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong in the block becomes a sentence on stderr and an exit code."""
    try:
        yield
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        sys.exit(trouble.exit_code)
    except (BotoCoreError, ClientError) as error:
        print(_sentence(error), file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain when it flushes the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except click.Abort:
        print("Nothing was done.", file=sys.stderr)  # each question comes before the deed
        sys.exit(_ENDED)
    except KeyboardInterrupt:
        sys.exit(_ENDED)


def _sentence(error: BotoCoreError | ClientError) -> str:
    match error:
        case (
            NoCredentialsError()
            | PartialCredentialsError()
            | CredentialRetrievalError()
            | ProfileNotFound()
            | SSOError()
            | TokenRetrievalError()
            | NoAuthTokenError()
        ):
            return f"There are no usable AWS credentials: sign in, or name a profile that has some. ({error})"
        case LoginInsufficientPermissions():
            return f"You may not sign in with `aws login`: your user lacks SignInLocalDevelopmentAccess. ({error})"
        case LoginError():
            return f"Your sign-in with `aws login` does not count any more: sign in again. ({error})"
        case MissingDependencyException():
            return f"A library that this profile needs is not installed: `make environments` does it. ({error})"
        case EndpointConnectionError() if "http://" in str(error):  # only an embedded AWS is asked without TLS
            return "Rollcall does not run on this machine any more: `make up` starts it."
        case InvalidRegionError() | EndpointConnectionError():
            return f"No AWS answers there: is the region right, and this machine online? ({error})"
        case ClientError() if error.response["Error"]["Code"] in _REFUSED_KEYS:
            return f"AWS does not accept these credentials: sign in again, or name another profile. ({error})"
        case ClientError() if error.response["Error"]["Code"] in FORBIDDEN:
            return f"These AWS credentials may not do this: {error}"
        case _:
            return f"AWS refused or could not be reached: {error}"
