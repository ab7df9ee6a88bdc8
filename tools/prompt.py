"""Asks on the terminal, beside what stdout is for. Ctrl-C and Ctrl-D raise `click.Abort`.

What a settings model holds is asked for whatever the model: a new provider needs no new questions.
"""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click
from pydantic import BaseModel

from tools.trouble import BadInput, Trouble

Schema = Mapping[str, Any]
Ask = Callable[[str], str]

_ask = partial(click.prompt, default="", show_default=False, prompt_suffix="", err=True)
ask_openly: Ask = partial(_ask, hide_input=False)
_ask_blindly: Ask = partial(_ask, hide_input=True)


def confirm(question: str) -> None:
    """Asks whether to go on. Raises `Trouble` for a no, and `BadInput` where nobody can be asked."""
    require_terminal()
    if not click.confirm(question, err=True):
        raise Trouble("Nothing was done.")


def require_terminal() -> None:
    """Raises `BadInput` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise BadInput("This must be confirmed, and there is no terminal to ask at: say --yes.")


def ask_secrets(model: type[BaseModel], ask: Ask = _ask_blindly, ask_openly: Ask = ask_openly) -> dict[str, Any]:
    """The fields of the model, typed blindly; what is left empty is left out."""
    schema = model.model_json_schema()
    return _Questions(schema.get("$defs", {}), ask, ask_openly).fields(schema, "")


class _Questions:
    def __init__(self, definitions: Mapping[str, Schema], ask: Ask, ask_openly: Ask) -> None:
        self._definitions = definitions
        self._ask = ask
        self._ask_openly = ask_openly

    def fields(self, schema: Schema, label: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, field in schema["properties"].items():
            is_required = name in schema.get("required", [])
            answer = self._value(field, f"{label}{name}", is_owed=is_required and bool(found))
            if answer:
                found[name] = answer
            elif is_required and found:
                raise BadInput(f"Nothing is stored: {label}{name} was left empty, and what was typed needs it.")
            elif is_required:
                return {}  # an empty answer ends a list of objects
        return found

    def _value(self, schema: Schema, label: str, *, is_owed: bool = False) -> Any:
        schema = self._definitions[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
        if schema["type"] == "array":
            return self._several(schema["items"], label)
        if "properties" in schema:
            return self.fields(schema, f"{label}, ")
        if schema["type"] == "object":
            return self._named(schema["additionalProperties"], label)
        return self._ask(f"{label}: " if is_owed else f"{label} (Enter for none): ").strip()

    def _several(self, schema: Schema, label: str) -> list[Any]:
        found: list[Any] = []
        while answer := self._value(schema, f"{label} {len(found) + 1}"):
            found.append(answer)
        return found

    def _named(self, schema: Schema, label: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while name := self._ask_openly(f"Name of an entry of {label} (Enter for no more): ").strip():
            found[name] = self._value(schema, f"{label} {name}")
        return found
