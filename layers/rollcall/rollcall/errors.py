"""What can go wrong, one sentence each, and what it means for a webhook or for a request."""


class RollcallError(Exception):
    """Something that Rollcall itself refuses."""


class MissingSetting(RollcallError):
    """A function was not told what it needs to know."""


class Unavailable(RollcallError):
    """AWS did not do as asked, for now: throttled, timed out, or failing. Asking again may help."""


class Hopeless(RollcallError):
    """A webhook that no retry can help: it is parked, with the reason, until somebody has mended the cause."""

    reason = "hopeless"


class UnreadableEnvelope(Hopeless):
    """The message in the queue is none of ingest's."""

    reason = "unreadable_envelope"


class UnknownProvider(Hopeless):
    """No provider has this name."""

    reason = "unknown_provider"


class MissingSecret(Hopeless):
    """The source's secrets are not stored, or are not what its provider needs."""

    reason = "missing_secret"


class InvalidRetention(Hopeless):
    """The source's own retention is not valid."""

    reason = "invalid_retention"


class Unverified(Hopeless):
    """The webhook does not prove that it comes from its provider."""

    reason = "unverified"


class Unreadable(Hopeless):
    """The body is not what its provider sends."""

    reason = "unreadable_body"


class TooLarge(Hopeless):
    """The webhook is over one of the bounds that keep it from harming others; the sentence says which."""

    reason = "over_bounds"


class NotUnderstood(Hopeless):
    """The body holds something, and nothing of it is known."""

    reason = "not_understood"


class UnstorableEvent(Hopeless):
    """A name or a state in the body is larger than a record can hold; the rest of the body is applied."""

    reason = "unstorable_event"


class BodyTooLarge(RollcallError):
    """The webhook does not fit into a message, even compressed."""


class NotFound(RollcallError):
    """Nothing is at this address: no such provider, or the wrong token."""


class InvalidParameter(RollcallError):
    """A parameter of a request to the read API is not what it should be."""


class Unauthorized(RollcallError):
    """The read key is wrong or missing."""
