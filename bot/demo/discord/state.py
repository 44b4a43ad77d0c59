"""Everything that a small Discord remembers, and who sees what of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from bot.demo.discord.app_account import INVITED, new_token
from bot.demo.discord.channels import Channel, ChannelType
from bot.demo.discord.commands import Commands
from bot.demo.discord.feeds import Feeds, JsonObject
from bot.demo.discord.files import File, FileStore
from bot.demo.discord.gateway import Event, Gateway, Shard, shard_of
from bot.demo.discord.guild import Guild
from bot.demo.discord.idempotency import RecentRequests
from bot.demo.discord.interactions import Interaction
from bot.demo.discord.messages import Message
from bot.demo.discord.people import Member, Person, Role
from bot.demo.discord.rate_limits import Buckets
from bot.demo.discord.ready_event import guild_create, ready
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import NONE, Overwrite, Right
from bot.demo.discord.snowflakes import Snowflakes
from bot.demo.discord.voice.states import VoiceStates

ACK_SECONDS = 3.0
NONCE_SECONDS = 300.0
TOKEN_SECONDS = 15 * 60.0
MAX_FILE_BYTES = 10 * 2**20
"""Where no server says otherwise."""


class Discord:
    """People, servers, channels and one app, and the ways in which they hear of each other."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        ids: Snowflakes | None = None,
        bot_name: str = "Zhiyin",
        owner_name: str = "chief",
        guild_name: str = "The jam",
    ) -> None:
        """Take a clock that tells seconds since 1970, and perhaps what makes the ids."""
        self.clock = clock
        self.ids = ids or Snowflakes(clock)
        self.instance = secrets.token_hex(8)
        """Another one after a restart."""
        self.token = new_token()
        self.base = self.gateway_url = ""
        self.ack_seconds, self.nonce_seconds = ACK_SECONDS, NONCE_SECONDS
        self.me = Person(self.ids.next(), bot_name, is_bot=True)
        self.owner = Person(self.ids.next(), owner_name)
        self.people = {person.id: person for person in (self.me, self.owner)}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.interactions: dict[str, Interaction] = {}
        """By their tokens."""
        self.open_modals: dict[int, Interaction] = {}
        """What a form was shown for, by who looks at it."""
        self.commands = Commands(self.me.id, self.ids.next)
        self.files = FileStore()
        self.buckets = Buckets()
        self.nonces: dict[tuple[int, str], tuple[float, Message]] = {}
        """When the bot sent which message, by channel and nonce."""
        self.sent: RecentRequests[Message] = RecentRequests()
        self.used: RecentRequests[Interaction] = RecentRequests()
        self.feeds, self.voice = Feeds(), VoiceStates()
        self.gateway = Gateway(
            admits=lambda token: token == self.token,
            greet=self.greeting,
            note_presence=self._note_presence,
        )
        self.guild = self.add_guild(guild_name)

    @property
    def application_id(self) -> int:
        """The app's id, which is its bot's."""
        return self.me.id

    # What there is from the beginning; clients that are connected hear nothing of it.

    def add_guild(self, name: str, *, with_app: bool = True) -> Guild:
        """Create a server of the owner's."""
        guild = Guild(self.ids.next(), name, self.owner)
        self.guilds[guild.id] = guild
        self.add_member(guild, self.owner)
        if with_app:
            role = Role(self.ids.next(), self.me.name, INVITED, is_managed=True)
            guild.roles[role.id] = role
            self.add_member(guild, self.me, [role])
        return guild

    def add_member(self, guild: Guild, person: Person, roles: Iterable[Role] = ()) -> Member:
        """Let somebody join a server."""
        member = Member(person, self.clock(), role_ids=[role.id for role in roles])
        guild.members[person.id] = member
        return member

    def add_person(
        self,
        name: str,
        *,
        roles: Iterable[Role] = (),
        locale: str = "en-US",
        has_app: bool = False,
        guild: Guild | None = None,
    ) -> Person:
        """Let somebody new join the first server, or another."""
        person = Person(self.ids.next(), name, locale=locale, has_app=has_app)
        self.people[person.id] = person
        self.add_member(guild or self.guild, person, roles)
        return person

    def add_role(
        self, name: str, rights: Right = NONE, *, color: int = 0, guild: Guild | None = None
    ) -> Role:
        """Create a role."""
        guild = guild or self.guild
        role = Role(self.ids.next(), name, rights, color, position=len(guild.roles))
        guild.roles[role.id] = role
        return role

    def add_channel(
        self,
        name: str,
        *,
        type: ChannelType = ChannelType.TEXT,
        topic: str | None = None,
        overwrites: Iterable[Overwrite] = (),
        guild: Guild | None = None,
    ) -> Channel:
        """Create a channel."""
        channel = Channel(
            self.ids.next(),
            name,
            type,
            guild or self.guild,
            topic=topic,
            position=len(self.channels),
            overwrites={each.id: each for each in overwrites},
        )
        self.channels[channel.id] = channel
        return channel

    def dm_of(self, person: Person, other: Person | None = None) -> Channel:
        """Return the direct messages of two people, one of them the bot if nobody is named."""
        pair = {person, other or self.me}
        for channel in self.channels.values():
            if channel.type is ChannelType.DM and set(channel.recipients) == pair:
                return channel
        recipients = (other or self.me, person)
        channel = Channel(self.ids.next(), "", ChannelType.DM, recipients=recipients)
        self.channels[channel.id] = channel
        return channel

    # What is asked for.

    def person_of(self, person_id: int) -> Person:
        """Return somebody. Raises Refusal."""
        if person_id not in self.people:
            raise Refusal(404, 10013)
        return self.people[person_id]

    def guild_of(self, guild_id: int) -> Guild:
        """Return a server. Raises Refusal."""
        if guild_id not in self.guilds:
            raise Refusal(404, 10004)
        return self.guilds[guild_id]

    def channel_for(self, person: Person, channel_id: int) -> Channel:
        """Return a channel that somebody may see. Raises Refusal."""
        channel = self.channels.get(channel_id)
        if channel is None or channel.is_deleted:
            raise Refusal(404, 10003)
        if not channel.is_seen_by(person, self.clock()):
            raise Refusal(403, 50001)
        return channel

    def message_for(self, person: Person, channel: Channel, message_id: int) -> Message:
        """Return a message that somebody may see. Raises Refusal."""
        message = channel.messages.get(message_id)
        if message is None or (message.is_ephemeral and message.reader is not person):
            raise Refusal(404, 10008)
        return message

    def rights_of(self, person: Person, channel: Channel) -> Right:
        """Return what somebody may do in a channel."""
        return channel.rights_of(person, self.clock())

    def max_file_bytes(self, channel: Channel) -> int:
        """Return how large a file may be there."""
        return channel.guild.max_file_bytes if channel.guild else MAX_FILE_BYTES

    def keep_file(self, file: File) -> File:
        """Give a file an address."""
        return self.files.keep(file, self.ids.next())

    def viewers(self, channel: Channel) -> Iterator[Person]:
        """Yield the people, not the bot, whose clients hear of a channel."""
        for person in self.people.values():
            if self.feeds.is_open(person) and channel.is_seen_by(person, self.clock()):
                yield person

    def members_told(self, guild: Guild) -> Iterator[Person]:
        """Yield the people whose clients hear of a server."""
        for person in self.people.values():
            if self.feeds.is_open(person) and person.id in guild.members:
                yield person

    def forget_expired(self) -> None:
        """Forget interactions and nonces that nobody can use any more."""
        now = self.clock()
        for token, each in list(self.interactions.items()):
            is_open = self.open_modals.get(each.user.id) is each
            if each.expires_at and each.expires_at + TOKEN_SECONDS < now and not is_open:
                del self.interactions[token]
        for key, (since, _) in list(self.nonces.items()):
            if since + self.nonce_seconds < now:
                del self.nonces[key]

    # What clients are told of.

    async def subscribe(
        self, person: Person, after: int | None = None
    ) -> AsyncIterator[JsonObject]:
        """Yield what somebody sees happen, for ever; see `bot.demo.discord.server`.

        `after` is the number of the last event that their client knows.
        """
        feed = self.feeds.of(person)
        async for event in feed.follow(feed.seq if after is None else after):
            yield event

    def _note_presence(self, is_online: bool) -> None:
        for person in self.people.values():
            self.feeds.tell(person, "bot_online", is_online=is_online)

    def greeting(self, session_id: str, shard: Shard) -> list[Event]:
        """Return what a bot that comes is told first, on one of its connections."""
        here = [each for each in self.guilds.values() if shard_of(each.id, shard[1]) == shard[0]]
        guilds = [each for each in here if self.me.id in each.members]
        told: list[Event] = [("READY", ready(self.me, guilds, session_id, self.gateway_url, shard))]
        places = self.channels.values()
        return told + [
            ("GUILD_CREATE", guild_create(each, self.me, places, self.voice.all_in(each.id)))
            for each in guilds
        ]
