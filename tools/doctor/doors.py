"""The doors of the API: webhooks come in with the token in their URL, questions with the read key.

Ingest holds the secret of URLs in its settings, as it was when the stack was deployed; Query reads the key by itself.
"""

from collections.abc import Iterator

from rollcall import provider
from rollcall.stack_secret import split
from tools import web
from tools.doctor.check import Check, Judgement, fault, ok
from tools.doctor.deployment import Deployment
from tools.urls import webhook_url

SOURCE = "doctor"  # any name will do: it is only asked about


def api(deployment: Deployment) -> Iterator[Check]:
    yield Check("api", lambda: judge_api(_status(f"{deployment.stack.url}/doctor")))


def way_in(deployment: Deployment) -> Iterator[Check]:
    yield Check("webhook token", lambda: _token(deployment), ("api", "function Ingest"))


def way_out(deployment: Deployment) -> Iterator[Check]:
    needs = ("api", "function Query", "role QueryRole", "table Presence")
    yield Check("read key", lambda: _read_key(deployment), needs)


def _token(deployment: Deployment) -> Judgement:
    url = webhook_url(deployment.stack, provider.names()[0], SOURCE)
    forged = url[:-1] + ("0" if url[-1] != "0" else "1")
    right, wrong = _status(url), _status(forged)
    stale = right == 404 and deployment.stack.url_secret not in _url_secrets_of_ingest(deployment)
    return judge_token(right, wrong, _current_version(deployment) if stale else None)


def _current_version(deployment: Deployment) -> str:
    secret = deployment.stack.outputs["UrlSecretArn"]
    return deployment.stack.aws.secrets.get_secret_value(SecretId=secret)["VersionId"]


def _read_key(deployment: Deployment) -> Judgement:
    url = f"{deployment.stack.url}/presence/{provider.names()[0]}/{SOURCE}/channels"
    right, none = _status(url, f"Bearer {deployment.stack.read_key}"), _status(url)
    return judge_read_key(right, none)


def _url_secrets_of_ingest(deployment: Deployment) -> tuple[str, ...]:
    alias = deployment.resource("IngestAliaslive").id
    held = deployment.stack.aws.functions.get_function_configuration(FunctionName=alias)["Environment"]["Variables"]
    return split(held.get("URL_SECRET", ""))


def _status(url: str, authorization: str = "") -> int:
    return web.get(url, {"Authorization": authorization} if authorization else {}).status


def judge_api(status: int) -> Judgement:
    """By the answer to a path that does not exist."""
    if status < 500:
        return ok("The API answers.")
    return fault(f"The API answers {status}.", "Look at the API's own page in the AWS console.")


def judge_token(right: int, wrong: int, missed: str | None) -> Judgement:
    """By the statuses for a URL with the right token and for one with another token; `missed` is the version of the
    secret that ingest should have and has not."""
    if wrong == 200:
        return fault(
            "Ingest takes webhooks whose token is wrong: anybody can send some.",
            "Deploy Rollcall's own ingest again; this one does not check tokens.",
        )
    if right == 200:
        return ok("Ingest takes the token that the stack's secret makes, and refuses another.")
    if missed:
        return fault(
            "Ingest still uses an older value of UrlSecret: it refuses the URLs that are printed now.",
            f"It takes a value when it is deployed: `sam deploy --parameter-overrides UrlSecretVersion={missed}`.",
        )
    return fault(f"Ingest answers {right} to a right token.", "Ingest's log says why.")


def judge_read_key(right: int, none: int) -> Judgement:
    """By the statuses for a question with the read key and for one without any."""
    if none == 200:
        return fault(
            "The read API answers without a key: everybody can ask who is where.",
            "Deploy Rollcall's own query function again; this one does not check keys.",
        )
    if right == 200:
        return ok("The read API takes the stack's read key, and answers nobody without it.")
    return fault(f"The read API answers {right} to the stack's read key.", "Query's log says why.")
