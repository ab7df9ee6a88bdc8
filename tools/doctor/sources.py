"""What is stored for sources: that the functions can read it, and that whoever signs can be believed."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ValidationError

from rollcall import provider
from rollcall.errors import UnknownProvider
from rollcall.keys import SourceKey
from rollcall.retention import Override
from tools import web
from tools.doctor.check import Check, Judgement, fault, ok, skipped
from tools.doctor.deployment import Deployment
from tools.names import written
from tools.settings_store import Stored, all_stored
from tools.stack import Stack


def stored(deployment: Deployment) -> Iterator[Check]:
    yield Check("settings of sources", lambda: judge_settings(list(all_stored(deployment.stack))))


def proofs(deployment: Deployment) -> Iterator[Check]:
    needs = ("api", "read key", "function Query", "role QueryRole", "table Presence")
    yield Check("secrets of sources", lambda: _secrets(deployment.stack), needs)


def _secrets(stack: Stack) -> Judgement:
    answer = web.get(f"{stack.url}/intake", {"Authorization": f"Bearer {stack.read_key}"})
    if answer.status != 200:
        return skipped(f"Nobody can tell which sources have sent: the API answers {answer.status} to /intake.")
    sent = {SourceKey(one["provider"], one["source"]) for one in answer.json()["sources"] if one["last_received_at"]}
    return judge_secrets(sent, {one.key for one in all_stored(stack) if one.kind == "secrets"})


def judge_settings(settings: Iterable[Stored]) -> Judgement:
    """By everything that is stored for any source; no part of a secret is told."""
    settings = list(settings)
    wrong = [f"the {one.kind} of {written(one.key)}: {said}" for one in settings for said in _faults(one)]
    if wrong:
        return fault(
            f"The functions cannot use {'; '.join(sorted(wrong))}.",
            "Store them again with `rollcall source add`, then send what is parked through: `rollcall parked redrive`.",
        )
    return ok(f"All {len(settings)} that are stored for sources are valid." if settings else "None are stored.")


def _faults(one: Stored) -> list[str]:
    try:
        _model(one).model_validate_json(one.value)
    except UnknownProvider:
        return ["there is no such provider"]
    except ValidationError as error:
        return [
            f"{'.'.join(map(str, each['loc']))} {each['msg']}".strip() for each in error.errors(include_input=False)
        ]
    return []


def _model(one: Stored) -> type[BaseModel]:
    return provider.load(one.provider).Secrets if one.kind == "secrets" else Override


def judge_secrets(sent: Iterable[SourceKey], with_secrets: Iterable[SourceKey]) -> Judgement:
    """By the sources that have sent webhooks in the last week, and those that secrets are stored for."""
    signing = [one for one in sent if provider.exists(one.provider) and provider.load(one.provider).SETUP.signs]
    lacking = sorted(set(signing) - set(with_secrets))
    if lacking:
        return fault(
            f"Webhooks come, and no secrets are stored, so they are parked: {', '.join(map(written, lacking))}.",
            f"`rollcall source add {written(lacking[0])}`, and then `rollcall parked redrive --reason missing_secret`.",
        )
    return ok(f"All {len(signing)} sources that sign and have sent have secrets." if signing else "None are needed.")
