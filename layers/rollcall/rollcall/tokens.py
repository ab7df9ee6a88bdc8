"""The token in a webhook's URL: proof that the URL was made by whoever holds the stack's secret."""

import hashlib
import hmac


def make_token(secret: str, provider: str, source: str) -> str:
    """The token of one source's URL: 32 hex digits, so that the URL stays short enough for any dashboard's field."""
    # Neither name can hold a slash, so no two pairs share a token.
    digest = hmac.digest(secret.encode(), f"{provider}/{source}".encode(), hashlib.sha256)
    return digest.hex()[:32]


def is_token(candidate: str, secrets: tuple[str, ...], provider: str, source: str) -> bool:
    """Whether `candidate` is the source's token by one of the secrets, of which there are two during a rotation.

    Takes the same time however much of it is right.
    """
    presented = candidate.encode(errors="replace")  # bytes, for compare_digest refuses text that is not ASCII
    return any(hmac.compare_digest(presented, make_token(secret, provider, source).encode()) for secret in secrets)
