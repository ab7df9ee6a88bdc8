"""Simulated providers: what truly happens, as PubNub, Pusher, soketi and Yalgaar would tell it, and what can be known.

Nothing in here waits, opens a connection or reads a clock, except for the command that sends
(`python -m tools.simulator`). For a program of your own:

    simulation = run(Knobs(seed=7, events=100_000, duplication=0.2), start=1_754_042_400_000)
    receiver = PerfectReceiver()
    for delivery in simulation:         # in the order of arrival; memory holds what is on its way, and no more
        delivery.provider, delivery.source, delivery.headers, delivery.body     # the webhook, byte for byte
        delivery.received_at            # Unix milliseconds of the world's clock
        delivery.events                 # what the body says, as WireEvents
        delivery.number, delivery.attempt    # which webhook it is, and which attempt to deliver it
        receiver.receive(delivery)      # if it was acknowledged
        simulation.truth[App(delivery.provider, delivery.source)].members(channel)    # who is truly there, now

    receiver.places()                                               # all channels ever heard of
    receiver.members(provider, source, channel, now, lease)         # {user: Stay(since, last_seen, state)}
    receiver.channels(provider, source, now, lease)                 # {channel: Occupancy(members, since)}
    receiver.whereabouts(provider, source, user, now, lease)        # {channel: Stay}
    simulation.lost                                                 # events that providers never told, by cause

Times and leases are milliseconds. The same knobs and the same start make the same bytes. Pusher's and soketi's bodies
are signed with `knobs.pusher_key` and `knobs.pusher_secret`; the others need no secret.
"""

from tools.simulator.knobs import DIALECTS, Knobs
from tools.simulator.perfect_receiver import Occupancy, PerfectReceiver, Place, Stay
from tools.simulator.simulation import App, Simulation, run
from tools.simulator.wire import Delivery, WireEvent
from tools.simulator.world import Truth

__all__ = [
    "DIALECTS",
    "App",
    "Delivery",
    "Knobs",
    "Occupancy",
    "PerfectReceiver",
    "Place",
    "Simulation",
    "Stay",
    "Truth",
    "WireEvent",
    "run",
]
