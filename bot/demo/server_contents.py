"""The demo server's initial contents: people, channels and messages."""

from __future__ import annotations

from bot.demo.discord.actions import talk
from bot.demo.discord.channels import Channel, ChannelType
from bot.demo.discord.files import File
from bot.demo.discord.people import Person
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.demo.riff import NAME, riff
from bot.i18n.contexts import PLACE
from bot.i18n.sentence import English, Sentence, Translations

OWNER = "Robin"
"""The person of the first tab."""
MANAGER = "Maya"
FRIENDS = ("Tom", "Lin")

_MANAGES = (
    Right.MANAGE_GUILD
    | Right.MANAGE_CHANNELS
    | Right.MANAGE_MESSAGES
    | Right.MANAGE_ROLES
    | Right.MANAGE_THREADS
    | Right.KICK_MEMBERS
    | Right.BAN_MEMBERS
    | Right.MODERATE_MEMBERS
)
_GREEN, _BLUE = 0x3BA55D, 0x5B8DEF

CHANNELS = ("music", "jam-talk", "jam-radio", "uploads")
NAMES = ("The jam", "Manager", "Player")

WELCOME = Sentence(
    "Welcome to the jam! Zhiyin makes the music here, on this machine alone. Type **/music** and "
    "say what you want to hear, or press a button under any clip."
)
MUSIC_TOPIC = Sentence("Clips are made here: /music, /random, /remix")
TALK_TOPIC = Sentence("Mention Zhiyin, and it answers")
UPLOADS_TOPIC = Sentence("Drop a sound file, and remix it")
FIRST_WORDS = Sentence("I'll begin, with something lo-fi.")
HOW_TO_TALK = Sentence("Here you can just talk to it: write **@{bot} some slow jazz, please**.")
HERE_IS_A_RIFF = Sentence(
    "I played this yesterday. Who makes something of it? Right-click it (or press and hold), "
    "**Apps**, **Remix this clip**."
)


async def populate(discord: Discord, translations: Translations | None = None) -> Channel:
    """Create people, channels and a few messages in a new Discord; return the music channel.

    The texts are in the language of `translations`, or English.
    """
    language = translations or English()

    def named(name: str) -> str:
        return language.pgettext(PLACE, name)

    async def say(who: Person, where: Channel, words: Sentence) -> None:
        await talk.send_message(discord, who, where.id, words.render(language))

    discord.guild.name = named("The jam")
    managers = discord.add_role(named("Manager"), _MANAGES, color=_GREEN)
    players = discord.add_role(named("Player"), color=_BLUE)
    manager = discord.add_person(MANAGER, roles=[managers])
    friend, other = (discord.add_person(name, roles=[players]) for name in FRIENDS)
    music = discord.add_channel(named("music"), topic=MUSIC_TOPIC.render(language))
    jam_talk = discord.add_channel(named("jam-talk"), topic=TALK_TOPIC.render(language))
    discord.add_channel(named("jam-radio"), type=ChannelType.VOICE)
    uploads = discord.add_channel(named("uploads"), topic=UPLOADS_TOPIC.render(language))

    await say(manager, music, WELCOME)
    await say(friend, music, FIRST_WORDS)
    await say(manager, jam_talk, HOW_TO_TALK.fill(bot=discord.me.name))
    file = File(NAME, riff(), "audio/wav")
    await talk.send_message(
        discord, other, uploads.id, HERE_IS_A_RIFF.render(language), files=[file]
    )
    return music


def people_of(discord: Discord) -> dict[str, Person]:
    """Return the people that tabs can use, by the names in their addresses."""
    by_name = {person.name: person for person in discord.people.values()}
    return {name.lower(): by_name[name] for name in (OWNER, MANAGER, *FRIENDS)}
