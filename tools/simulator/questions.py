"""The read API, asked as any of its users asks."""

import json
from datetime import datetime
from threading import local
from typing import Any
from urllib.parse import urlencode

from tools.simulator.connection import Connection, Unanswered
from tools.simulator.perfect_receiver import Occupancy, Place, Stay
from tools.simulator.simulation import App
from tools.simulator.target import Target
from tools.trouble import Trouble

ATTEMPTS = 5  # of one question: a stack under faults may fail to answer, and that is not what is judged here


class Questions:
    """May be asked by several threads; each has a connection of its own."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._own = local()

    def members(self, place: Place) -> tuple[dict[str, Stay], int]:
        """Who is in the channel, and its occupancy as answered."""
        pages = self._pages(App(place.provider, place.source), "members", channel=place.channel)
        return {one["user"]: _stay(one) for page in pages for one in page["members"]}, pages[0]["occupancy"]

    def channels(self, app: App) -> dict[str, Occupancy]:
        return {
            one["channel"]: Occupancy(one["occupancy"], _time(one["occupied_since"]))
            for page in self._pages(app, "channels")
            for one in page["channels"]
        }

    def whereabouts(self, app: App, user: str) -> dict[str, int | None]:
        """In which channels the user is, and since when."""
        pages = self._pages(app, "whereabouts", user=user)
        return {one["channel"]: _time(one["since"]) for page in pages for one in page["channels"]}

    def _pages(self, app: App, question: str, **parameters: str) -> list[dict[str, Any]]:
        pages = [self._ask(app, question, parameters)]
        while after := pages[-1]["next"]:
            pages.append(self._ask(app, question, parameters | {"next": after}))
        return pages

    def _ask(self, app: App, question: str, parameters: dict[str, str]) -> dict[str, Any]:
        query = urlencode({"limit": "1000"} | parameters)
        url = f"{self._target.url}/presence/{app.provider}/{app.source}/{question}?{query}"
        what = "nothing"
        for _ in range(ATTEMPTS):
            try:
                status, body = self._connection().ask("GET", url, {"Authorization": f"Bearer {self._target.read_key}"})
            except Unanswered as error:
                what = str(error)
                continue
            if status == 200:
                answer: dict[str, Any] = json.loads(body)
                return answer
            what = f"{status} {body[:200]!r}"
            if status < 500:
                break
        raise Trouble(f"The read API answered {what} to {question} of {app.provider}/{app.source}.")

    def _connection(self) -> Connection:
        if not hasattr(self._own, "connection"):
            self._own.connection = Connection(self._target.url)
        connection: Connection = self._own.connection
        return connection


def _stay(member: dict[str, Any]) -> Stay:
    state = member["state"]
    text = None if state is None else json.dumps(state, sort_keys=True, separators=(",", ":"))
    return Stay(_milliseconds(member["since"]), _milliseconds(member["last_seen"]), text)


def _time(text: str | None) -> int | None:
    return None if text is None else _milliseconds(text)


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
