"""How names become keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall import keys
from rollcall.errors import UnstorableEvent
from rollcall.keys import CHANNEL_ITSELF, ChannelKey, MemberKey, SourceKey

names = st.text("#%/ 2345é\U0001f600ab\0", max_size=8) | st.text(
    st.characters()
)  # what separates and escapes, above all
channels = st.builds(ChannelKey, names, names, names)
members = st.builds(MemberKey, channels, names, names)


@given(one=channels, other=channels)
def test_no_two_channels_share_a_key(one: ChannelKey, other: ChannelKey) -> None:
    assert (str(one) == str(other)) == (one == other)


@given(one=members, other=members)
def test_no_two_members_share_a_key(one: MemberKey, other: MemberKey) -> None:
    assert ((str(one.channel), str(one)) == (str(other.channel), str(other))) == (one == other)


@given(one=st.tuples(names, names, names), other=st.tuples(names, names, names))
def test_no_two_users_share_a_key(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (_user_key(*one) == _user_key(*other)) == (one == other)


@given(one=st.lists(names, min_size=1), other=st.lists(names, min_size=1))
def test_no_two_lists_of_names_are_joined_alike(one: list[str], other: list[str]) -> None:
    assert (keys.join(*one) == keys.join(*other)) == (one == other)


@given(member=members)
def test_no_member_is_taken_for_the_channel_itself(member: MemberKey) -> None:
    assert str(member) != CHANNEL_ITSELF


@given(channel=channels)
def test_every_channels_key_splits_back(channel: ChannelKey) -> None:
    assert keys.channel_of(str(channel)) == channel
    assert channel.of_source == SourceKey(channel.provider, channel.source)


@given(member=members)
def test_every_members_keys_split_back(member: MemberKey) -> None:
    assert keys.member_of(str(member.channel), str(member)) == member


@given(provider=names, source=names, prefix=names, rest=names)
def test_a_prefix_of_a_name_is_a_prefix_of_its_key(provider: str, source: str, prefix: str, rest: str) -> None:
    assert str(ChannelKey(provider, source, prefix + rest)).startswith(str(ChannelKey(provider, source, prefix)))


@given(one=channels, other=channels)
def test_no_other_sources_channels_lie_under_a_prefix(one: ChannelKey, other: ChannelKey) -> None:
    everything_of_one = str(one._replace(channel=""))
    assert str(other).startswith(everything_of_one) == (one.of_source == other.of_source)


def test_keys_of_plain_names_can_be_read_by_people() -> None:
    member = MemberKey(ChannelKey("pusher", "prod", "presence-room-7"), "u-1001", "")
    assert (str(member.channel), str(member)) == ("pusher#prod#presence-room-7", "member#u-1001#")


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600"])
def test_what_is_as_long_as_dynamodb_allows_is_storable(letter: str) -> None:
    longest = letter * (1024 // len(letter.encode()))
    keys.require_storable(longest, "another")
    with pytest.raises(UnstorableEvent):
        keys.require_storable("another", longest + letter)


@pytest.mark.parametrize("name", ["\ud800", "ab\udfffcd"])
def test_half_a_surrogate_pair_is_not_storable(name: str) -> None:
    with pytest.raises(UnstorableEvent):
        keys.require_storable(name)


@pytest.mark.parametrize("name", ["", "\0", "\uffff", "zoë/#:1", " "])
def test_any_other_name_is_storable(name: str) -> None:
    keys.require_storable(str(ChannelKey("pusher", "prod", name)))


def _user_key(provider: str, source: str, user: str) -> str:
    return keys.user_key(SourceKey(provider, source), user)
