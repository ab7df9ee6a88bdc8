"""The token in a webhook's URL: proof that the URL was made by whoever holds the stack's secret."""

import hashlib
import hmac


def make_token(secret: str, provider: str, source: str) -> str:
    """The token of one source's URL: 32 hex digits, so that the URL stays short enough for any dashboard's field."""
    # Neither name can hold a slash, so no two pairs share a token.
    digest = hmac.digest(secret.encode(), f"{provider}/{source}".encode(), hashlib.sha256)
    return digest.hex()[:32]


def is_token(candidate: str, secret: str, provider: str, source: str) -> bool:
    """Whether `candidate` is the source's token; takes the same time however much of it is right."""
    # Bytes, for compare_digest refuses text that is not ASCII.
    return hmac.compare_digest(candidate.encode(errors="replace"), make_token(secret, provider, source).encode())
