"""The text of /help."""

from __future__ import annotations

from bot.i18n.sentence import Sentence

HELP = Sentence(
    """\
**Make music**
`/music` from words: style, instruments, mood, tempo ("slow blues, 80 BPM"). `loop` \
cuts it so that it repeats seamlessly; `like` gives it a clip's tempo and key; \
`private` shows it to you alone, until you **Post it**.
`/random` picks the words for you. `/preset save` gives words and settings a name.
Or mention me and say what you want to hear, with or without a sound file.
**Play with each other's clips**
`/remix` a file or one of your clips: your words join the old ones, \
tempo and key stay, and what you `keep` of it.
`/jam start` opens a thread in which all make one track: a turn is your words and a few bars; \
**Close** mixes it down.
Under every clip: **Again**, **Continue**, **Remix**, **Loop**, **Mix**, **Tree**, **Details**, \
**Delete**. Where the model has them, **Stems**: drums, bass and the rest as files, and a remix \
can keep some. Takes share a message: press the number of one.
`/mix` and **Mix** lay two clips over one another, bar on bar, for free.
On any message with sound: *Apps > Remix this clip*, *Continue this clip*, *What is this clip?* Or \
reply to it, mention me and say what to make of it. `/whatis` tells how a file of mine was made.
Press ⭐ under what you like: `/favourites` lists yours, `/top` the server's best.
`/battle` begins a battle: all make a clip from the same words, or of one clip, and vote; \
`/ladder` tells who wins.
`/radio start` plays this server's clips in your voice channel, or live music that you all steer \
with *Words*, or by mentioning me in that channel's chat.
`/clip` posts a clip once more; `/tree` and **Tree** show its family. \
`/export` gives it to you as FLAC, WAV or MIDI.
Something that should not be here? *Apps > Report this clip* tells the managers, not your name.
**Keep an eye on it**
`/queue` `/cancel` `/history` `/quota` `/settings` `/styles` `/about` `/privacy`
Each day you get some seconds of music; only clips that reach you count."""
)
