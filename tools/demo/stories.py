"""What happens in the demo, and who must be where at its end.

A line of a story: seconds since its beginning, what happens, the channel, who; then notes. `twice`: its webhook comes
twice. `late`: it comes after all others. `with-previous`: it stands in the same body as the line above.
"""

import json
from dataclasses import dataclass
from typing import Any

LASTS = 600  # seconds; it ended when the demo begins

# A support desk. People leave and come back, go away silently, and change their mood.
PUBNUB = """
  0 occupied  support-desk
  1 joined    support-desk  Ada
 12 joined    support-desk  Grace
 20 state     support-desk  Ada       {"mood":"helping"}
 31 joined    support-desk  Linus     twice
 40 joined    support-desk  Barbara
 41 joined    support-desk  Radia     with-previous
 42 joined    support-desk  Ken       with-previous
 60 state     support-desk  Grace     {"mood":"away"} twice
 75 left      support-desk  Linus     late
 90 timed_out support-desk  Ken       twice
120 joined    support-desk  Linus
150 occupied  night-shift
151 joined    night-shift   Dennis
160 joined    night-shift   Ada
170 left      support-desk  Barbara
185 joined    support-desk  Barbara
190 left      support-desk  Barbara
200 left      night-shift   Ada
240 vacated   night-shift             late
255 joined    night-shift   Margaret
270 occupied  town-hall
271 joined    town-hall     Ada
272 joined    town-hall     Grace     with-previous
273 joined    town-hall     Radia     with-previous
280 joined    town-hall     Zoë
300 state     town-hall     Zoë       {"hand":"raised"}
330 timed_out town-hall     Radia
360 joined    town-hall     Ken       late
420 left      town-hall     Ken
480 state     support-desk  Grace     {"mood":"calm"}
500 counted   town-hall     57
"""

# A school. Pusher puts what happens within a moment into one body, with one time.
PUSHER = """
  0 occupied  presence-class-7b
  0 joined    presence-class-7b  ms-frizzle  with-previous
 15 joined    presence-class-7b  arnold
 15 joined    presence-class-7b  carlos      with-previous
 15 joined    presence-class-7b  dorothy     with-previous
 22 joined    presence-class-7b  keesha      twice
 30 client    presence-class-7b  keesha
 38 left      presence-class-7b  arnold
 52 joined    presence-class-7b  arnold
 70 left      presence-class-7b  carlos      late
 95 joined    presence-class-7b  carlos
110 joined    presence-class-7b  ralphie
110 joined    presence-class-7b  phoebe      with-previous
130 left      presence-class-7b  ralphie     twice
160 occupied  presence-staff-room
160 joined    presence-staff-room  mr-ruhle  with-previous
180 joined    presence-staff-room  ms-frizzle
200 left      presence-class-7b  ms-frizzle
200 joined    presence-class-7b  ms-frizzle  with-previous
260 left      presence-staff-room  mr-ruhle
275 left      presence-staff-room  ms-frizzle
275 vacated   presence-staff-room            with-previous
320 occupied  presence-detention
320 joined    presence-detention  tim        with-previous
350 joined    presence-detention  wanda      late
380 vacated   presence-detention             twice
400 left      presence-class-7b  dorothy
430 counted   private-notices  143
460 joined    presence-staff-room  mr-ruhle
470 joined    presence-class-7b  wanda
"""

# A fleet of couriers. Yalgaar says whole seconds, and sends what happens within two of them together.
YALGAAR = """
  0 joined    north  driver-Amara
  1 joined    north  driver-Bilal   with-previous
  2 joined    south  driver-Chen    with-previous
 25 joined    north  driver-Dolores
 40 left      north  driver-Bilal   twice
 41 joined    south  driver-Bilal   with-previous
 80 left      south  driver-Chen    late
110 joined    south  driver-Chen
140 joined    depot  driver-Emeka
141 joined    depot  driver-Farah   with-previous
142 left      depot  driver-Emeka   with-previous
143 joined    depot  driver-Emeka   with-previous
190 message   south  driver-Chen
220 joined    north  driver-Goran   twice
250 left      north  driver-Amara
251 joined    depot  driver-Amara   with-previous
300 joined    south  driver-Hana    late
330 left      south  driver-Hana
390 left      depot  driver-Farah
420 joined    south  driver-Ivo
450 left      north  driver-Dolores twice
480 joined    north  driver-Dolores
"""

STORIES = {"pubnub": PUBNUB, "pusher": PUSHER, "yalgaar": YALGAAR}


@dataclass(frozen=True)
class Act:
    """One line of a story."""

    at: int
    what: str
    channel: str
    user: str
    state: Any
    notes: frozenset[str]


def told(story: str) -> list[Act]:
    """The acts of a story, in its order."""
    return [_act(line.split()) for line in story.strip().splitlines()]


def bodies(acts: list[Act]) -> list[list[Act]]:
    """The acts, put together as they stand in one body."""
    found: list[list[Act]] = []
    for act in acts:
        if "with-previous" in act.notes:
            found[-1].append(act)
        else:
            found.append([act])
    return found


def present_at_the_end(acts: list[Act]) -> dict[str, dict[str, Any]]:
    """Who must be where, with their state: the acts, played in the order in which they happened."""
    there: dict[str, dict[str, Any]] = {}
    for act in sorted(acts, key=lambda act: act.at):
        channel = there.setdefault(act.channel, {})
        if act.what in ("joined", "state"):
            channel[act.user] = act.state or channel.get(act.user)
        elif act.what in ("left", "timed_out"):
            channel.pop(act.user, None)
        elif act.what == "vacated":
            channel.clear()
    return {channel: members for channel, members in there.items() if members}


def _act(words: list[str]) -> Act:
    at, what, channel, *rest = words
    notes = frozenset({"twice", "late", "with-previous"} & set(rest))
    state = next((json.loads(word) for word in rest if word.startswith("{")), None)
    user = rest[0] if rest and rest[0] not in notes else ""
    return Act(int(at), what, channel, user, state, notes)
