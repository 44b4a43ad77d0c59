"""The state of a Discord, and who sees what of it."""

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
"""The limit outside servers."""


class Discord:
    """People, servers, channels and one app, and the events between them."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        ids: Snowflakes | None = None,
        bot_name: str = "Zhiyin",
        owner_name: str = "chief",
        guild_name: str = "The jam",
    ) -> None:
        """Take a clock that returns seconds since 1970, and optionally a generator of ids."""
        self.clock = clock
        self.ids = ids or Snowflakes(clock)
        self.instance = secrets.token_hex(8)
        """An identifier of this run."""
        self.token = new_token()
        self.base = self.gateway_url = ""
        self.ack_seconds, self.nonce_seconds = ACK_SECONDS, NONCE_SECONDS
        self.me = Person(self.ids.next(), bot_name, is_bot=True)
        self.owner = Person(self.ids.next(), owner_name)
        self.people = {person.id: person for person in (self.me, self.owner)}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.interactions: dict[str, Interaction] = {}
        """By token."""
        self.open_modals: dict[int, Interaction] = {}
        """The interaction whose modal a person has open, by person id."""
        self.commands = Commands(self.me.id, self.ids.next)
        self.files = FileStore()
        self.buckets = Buckets()
        self.nonces: dict[tuple[int, str], tuple[float, Message]] = {}
        """Time and message of the bot's sends, by channel and nonce."""
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
        """The app's id, which is also the bot's."""
        return self.me.id

    # Initial contents; connected clients get no events about them.

    def add_guild(self, name: str, *, with_app: bool = True) -> Guild:
        """Create a server with its owner."""
        guild = Guild(self.ids.next(), name, self.owner)
        self.guilds[guild.id] = guild
        self.add_member(guild, self.owner)
        if with_app:
            role = Role(self.ids.next(), self.me.name, INVITED, is_managed=True)
            guild.roles[role.id] = role
            self.add_member(guild, self.me, [role])
        return guild

    def add_member(self, guild: Guild, person: Person, roles: Iterable[Role] = ()) -> Member:
        """Add a person to a server."""
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
        """Create a person, and add them to a server, by default the first."""
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
        """Return the direct message channel of two people, by default of one and the bot."""
        pair = {person, other or self.me}
        for channel in self.channels.values():
            if channel.type is ChannelType.DM and set(channel.recipients) == pair:
                return channel
        recipients = (other or self.me, person)
        channel = Channel(self.ids.next(), "", ChannelType.DM, recipients=recipients)
        self.channels[channel.id] = channel
        return channel

    # Lookups.

    def person_of(self, person_id: int) -> Person:
        """Return a person. Raises Refusal."""
        if person_id not in self.people:
            raise Refusal(404, 10013)
        return self.people[person_id]

    def guild_of(self, guild_id: int) -> Guild:
        """Return a server. Raises Refusal."""
        if guild_id not in self.guilds:
            raise Refusal(404, 10004)
        return self.guilds[guild_id]

    def channel_for(self, person: Person, channel_id: int) -> Channel:
        """Return a channel that a person can view. Raises Refusal."""
        channel = self.channels.get(channel_id)
        if channel is None or channel.is_deleted:
            raise Refusal(404, 10003)
        if not channel.is_seen_by(person, self.clock()):
            raise Refusal(403, 50001)
        return channel

    def message_for(self, person: Person, channel: Channel, message_id: int) -> Message:
        """Return a message that a person can see. Raises Refusal."""
        message = channel.messages.get(message_id)
        if message is None or (message.is_ephemeral and message.reader is not person):
            raise Refusal(404, 10008)
        return message

    def rights_of(self, person: Person, channel: Channel) -> Right:
        """Return a person's rights in a channel."""
        return channel.rights_of(person, self.clock())

    def max_file_bytes(self, channel: Channel) -> int:
        """Return the upload limit in a channel."""
        return channel.guild.max_file_bytes if channel.guild else MAX_FILE_BYTES

    def keep_file(self, file: File) -> File:
        """Store a file and assign its address."""
        return self.files.keep(file, self.ids.next())

    def viewers(self, channel: Channel) -> Iterator[Person]:
        """Yield the people whose clients get events about a channel; never the bot."""
        for person in self.people.values():
            if self.feeds.is_open(person) and channel.is_seen_by(person, self.clock()):
                yield person

    def member_event_receivers(self, guild: Guild) -> Iterator[Person]:
        """Yield the people whose clients get events about a server."""
        for person in self.people.values():
            if self.feeds.is_open(person) and person.id in guild.members:
                yield person

    def forget_expired(self) -> None:
        """Remove expired interactions and nonces."""
        now = self.clock()
        for token, each in list(self.interactions.items()):
            is_open = self.open_modals.get(each.user.id) is each
            if each.expires_at and each.expires_at + TOKEN_SECONDS < now and not is_open:
                del self.interactions[token]
        for key, (since, _) in list(self.nonces.items()):
            if since + self.nonce_seconds < now:
                del self.nonces[key]

    # Events.

    async def subscribe(
        self, person: Person, after: int | None = None
    ) -> AsyncIterator[JsonObject]:
        """Yield the events for a person endlessly; see `bot.demo.discord.feeds`.

        `after` is the number of the last event that their client has received.
        """
        feed = self.feeds.of(person)
        async for event in feed.follow(feed.seq if after is None else after):
            yield event

    def _note_presence(self, is_online: bool) -> None:
        for person in self.people.values():
            self.feeds.tell(person, "bot_online", is_online=is_online)

    def greeting(self, session_id: str, shard: Shard) -> list[Event]:
        """Return the first events of a bot's session on one shard."""
        here = [each for each in self.guilds.values() if shard_of(each.id, shard[1]) == shard[0]]
        guilds = [each for each in here if self.me.id in each.members]
        begun = ready(self.me, guilds, session_id, self.gateway_url, shard)
        places = self.channels.values()
        joined = [
            guild_create(each, self.me, places, self.voice.all_in(each.id)) for each in guilds
        ]
        return [("READY", begun), *(("GUILD_CREATE", each) for each in joined)]
