"""Events that are applied together: merged per member and channel, and which deliveries they came with."""

from collections import Counter, defaultdict

from rollcall.converge import Registers, converge
from rollcall.events import PresenceEvent
from rollcall.keys import ChannelKey, MemberKey, event_channel, event_member
from rollcall.merge import Channel, Member, channel_evidence, member_evidence


class Batch:
    """The events of deliveries that are applied together, merged, and which deliveries carry what.

    Of each delivery that carries evidence of a member or channel, `carriers` counts the events that were news in the
    batch; what the table turns out to have known is `known`.
    """

    def __init__(self) -> None:
        self.members: dict[MemberKey, Member] = {}
        self.channels: dict[ChannelKey, Channel] = {}
        self.carriers: dict[MemberKey | ChannelKey, Counter[str]] = defaultdict(Counter)
        self.touched: dict[ChannelKey, set[str]] = defaultdict(set)
        self.logged: list[tuple[PresenceEvent, str]] = []
        self.known: set[MemberKey | ChannelKey] = set()
        self._repeated: Counter[str] = Counter()

    def add(self, event: PresenceEvent, message_id: str) -> None:
        self.logged.append((event, message_id))
        channel = event_channel(event)
        of_member, of_channel = member_evidence(event), channel_evidence(event)
        if of_member:
            self._merge(self.members, event_member(event), Member(), of_member, message_id)
        if of_channel:
            self._merge(self.channels, channel, Channel(), of_channel, message_id)
        if of_member or of_channel:
            self.touched[channel].add(message_id)

    def bring_into[Key: (MemberKey, ChannelKey), Evidence: (Member, Channel)](
        self, registers: Registers[Key, Evidence], key: Key, evidence: Evidence
    ) -> None:
        if not converge(registers, key, evidence):
            self.known.add(key)

    def repeated(self) -> Counter[str]:
        """How many events of each delivery changed nothing: in the batch, or in the table."""
        repeated = Counter(self._repeated)
        for key in self.known:
            repeated.update(self.carriers[key])
        return repeated

    def _merge[Key: (MemberKey, ChannelKey), Evidence: (Member, Channel)](
        self, records: dict[Key, Evidence], key: Key, nothing: Evidence, evidence: Evidence, message_id: str
    ) -> None:
        known = records.get(key, nothing)
        records[key] = known.merge(evidence)
        is_news = records[key] != known
        self.carriers[key][message_id] += is_news
        self._repeated[message_id] += not is_news
