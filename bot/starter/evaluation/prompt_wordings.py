"""How people ask for music, in other words than the captions of the training."""

from __future__ import annotations

from dataclasses import dataclass

from bot.starter.composer.piece import Density, Mode

ARTICLE = (
    "80s pop track with bassy drums and synth",
    "90s rock song with loud guitars and heavy drums",
    "80s blues track with groovy saxophone",
    "生成一段80s的朋克风音乐，需要有很密集的鼓点",
)
"""The prompts of the article that this bot follows."""

ASKED: dict[str, tuple[str, ...]] = {
    "rock": ("some good old rock and roll", "a rock tune with guitars", "来点摇滚", "a rock anthem",
             "one classic rock groove for the road", "我想听摇滚乐"),
    "90s rock": ("some 90s rock", "a grunge tune from the nineties", "来点90年代的摇滚",
                 "90s alternative rock, please", "that 90s grunge sound", "我想听九十年代的摇滚"),
    "punk": ("a punk tune", "some fast punk rock", "来点朋克", "punk rock for skateboarding",
             "a short punk number", "我想听朋克摇滚"),
    "metal": ("some heavy metal", "a metal riff", "来点重金属", "metal for the gym",
              "heavy metal with mean riffs", "我想听金属乐"),
    "blues": ("some blues", "a blues number for a rainy day", "来点布鲁斯", "the blues in a bar",
              "a little blues shuffle", "我想听蓝调"),
    "country": ("a country tune", "some country for a road trip", "来点乡村音乐",
                "country music from the porch", "a good country number", "我想听乡村歌曲"),
    "reggae": ("a reggae tune", "some reggae for the beach", "来点雷鬼", "reggae in the sun",
               "roots reggae vibes", "我想听雷鬼音乐"),
    "jazz": ("some jazz for the evening", "a swinging jazz number", "来点爵士乐",
             "jazz in a small club", "a jazz tune please", "我想听爵士"),
    "bossa nova": ("a bossa nova tune", "some bossa nova for a café", "来点波萨诺瓦",
                   "bossa nova on the beach", "an easy bossa", "我想听巴萨诺瓦"),
    "latin": ("some salsa to dance to", "a latin tune", "来点拉丁音乐", "latin dance music",
              "a fiery salsa number", "我想听萨尔萨"),
    "funk": ("some funk", "a funk tune with a nasty groove", "来点放克", "funk to move to",
             "a tight funk jam", "我想听放克音乐"),
    "soul": ("a soul number", "some old soul music", "来点灵魂乐", "soul for a late night",
             "smooth r&b", "我想听灵魂音乐"),
    "disco": ("a disco tune", "some disco for the dance floor", "来点迪斯科", "disco night",
              "a disco number with strings", "我想听迪斯科"),
    "hip hop": ("a hip hop instrumental to rap over", "some hip hop", "来点嘻哈",
                "boom bap for the block", "a hip-hop groove", "我想听嘻哈节奏"),
    "lo-fi": ("lofi to study to", "some lo-fi for homework", "来点lofi", "a lofi groove at night",
              "lo-fi hip hop radio", "我想听低保真音乐"),
    "80s pop": ("some 80s pop", "an eighties pop hit", "来点80年代的流行音乐",
                "synth pop from the 80s", "a pop tune like in the 80s", "我想听八十年代流行歌曲"),
    "synthwave": ("some synthwave for night driving", "a synthwave tune", "来点synthwave",
                  "retrowave with neon lights", "outrun vibes", "我想听合成器浪潮"),
    "techno": ("some techno", "techno for a warehouse", "来点techno", "a pounding techno tune",
               "hard techno at 4 am", "我想听泰克诺"),
    "house": ("some house music", "a house tune for the club", "来点浩室", "deep house by the pool",
              "house for a party", "我想听浩室音乐"),
    "trance": ("some trance", "an uplifting trance tune", "来点trance", "trance for a rave",
               "a trance anthem", "我想听迷幻舞曲"),
    "drum and bass": ("some drum and bass", "a dnb roller", "来点鼓打贝斯", "jungle for a rave",
                      "drum & bass in the city", "我想听drum and bass"),
    "chiptune": ("a chiptune", "some 8-bit music", "来点8bit音乐", "music for an 8-bit platformer",
                 "a chiptune for a boss fight", "我想听芯片音乐"),
    "ambient": ("some ambient", "ambient to fall asleep to", "来点氛围音乐", "an ambient drift",
                "ambient sounds for meditation", "我想听环境音乐"),
    "classical": ("some classical music", "a classical number for a dinner", "来点古典音乐",
                  "classical music in a palace", "something classical", "我想听古典乐"),
    "waltz": ("a waltz", "a waltz for the ball", "来一首圆舞曲", "some waltz to dance to",
              "a little waltz in a ballroom", "我想听华尔兹"),
    "folk": ("a folk tune", "some folk by the campfire", "来点民谣", "folk from the hills",
             "an old folk number", "我想听民谣"),
    "orchestral": ("an orchestra for a film", "orchestral music for a trailer", "来点管弦乐",
                   "a full orchestra, like in the cinema", "我想听交响乐"),
    "celtic": ("a celtic tune", "an Irish jig for the pub", "来点凯尔特音乐",
               "celtic music from the coast", "我想听爱尔兰音乐"),
    "trap": ("a trap instrumental", "some trap to rap over", "来点trap音乐", "hard trap with 808s",
             "我想听陷阱音乐"),
    "ballad": ("a ballad", "a slow ballad for two", "来一首抒情歌", "a tender ballad",
               "我想听抒情慢歌"),
}  # fmt: skip
"""Ways to ask for each style, without a tempo."""

MOODS = ("energetic", "calm", "dark", "happy", "sad", "aggressive")
"""The moods that are asked for."""

_NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_NOTES_ZH = ("C", "升C", "D", "降E", "E", "F", "升F", "G", "降A", "A", "降B", "B")
_MODES_ZH: dict[Mode, str] = {"major": "大调", "minor": "小调"}
_MOODS_ZH = {"energetic": "充满活力", "calm": "平静", "dark": "黑暗", "happy": "快乐",
             "sad": "悲伤", "aggressive": "激烈"}  # fmt: skip
_DRUMS: dict[Density, tuple[str, ...]] = {
    "none": ("no drums", "without any drums", "leave the drums out"),
    "light": ("just a few light drums", "sparse drums"),
    "steady": ("a steady drum beat", "drums keeping time"),
    "dense": ("busy drums", "dense drums all the way"),
}
_DRUMS_ZH: dict[Density, str] = {
    "none": "不要鼓", "light": "轻柔的鼓点", "steady": "稳定的鼓点", "dense": "密集的鼓点",
}  # fmt: skip
_LEADS_ZH = {
    "piano": "钢琴", "electric piano": "电钢琴", "organ": "管风琴", "accordion": "手风琴",
    "harmonica": "口琴", "acoustic guitar": "木吉他", "electric guitar": "电吉他",
    "distorted guitar": "失真吉他", "violin": "小提琴", "cello": "大提琴", "harp": "竖琴",
    "choir": "合唱", "trumpet": "小号", "trombone": "长号", "saxophone": "萨克斯",
    "clarinet": "单簧管", "flute": "长笛", "pan flute": "排箫", "synth lead": "合成器主音",
    "sitar": "西塔琴", "banjo": "班卓琴", "steel drums": "钢鼓", "kalimba": "卡林巴",
    "marimba": "马林巴", "vibraphone": "颤音琴", "music box": "八音盒",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFacts:
    """What a prompt says; what is None goes unsaid."""

    style: str
    bpm: int | None
    key: tuple[int, Mode] | None
    density: Density | None
    lead: str | None
    mood: str | None


def asked_styles(style: str, *, is_chinese: bool) -> tuple[str, ...]:
    """Return the ways to ask for a style in a language; its name where none is known."""
    known = tuple(w for w in ASKED.get(style, ()) if _is_chinese(w) == is_chinese)
    return known or ((f"来点{style}",) if is_chinese else (f"some {style}",))


def english(facts: PromptFacts, number: int) -> str:
    """Say it in English."""
    text = _turn(asked_styles(facts.style, is_chinese=False), number)
    if facts.mood is not None:
        text = _turn((f"something {facts.mood}: {text}", f"{text}, {facts.mood} in mood"), number)
    parts = []
    if facts.lead is not None:
        parts.append(
            _turn(
                (f"with {facts.lead}", f"the {facts.lead} plays the tune", f"{facts.lead} on top"),
                number,
            )
        )
    if facts.density is not None:
        parts.append(_turn(_DRUMS[facts.density], number))
    if facts.key is not None:
        tonic, mode = facts.key
        parts.append(_turn((f"in {_NOTES[tonic]} {mode}", f"key: {_NOTES[tonic]} {mode}"), number))
    if facts.bpm is not None:
        parts.append(_turn((f"{facts.bpm} BPM", f"at {facts.bpm} bpm"), number))
    return ", ".join((text, *parts))


def chinese(facts: PromptFacts, number: int) -> str:
    """Say it in Chinese; an instrument without a known name keeps its English one."""
    text = _turn(asked_styles(facts.style, is_chinese=True), number)
    parts = []
    if facts.mood is not None:
        parts.append(f"要{_MOODS_ZH[facts.mood]}的")
    if facts.lead is not None:
        parts.append(f"用{_LEADS_ZH.get(facts.lead, facts.lead)}演奏旋律")
    if facts.density is not None:
        parts.append(_DRUMS_ZH[facts.density])
    if facts.key is not None:
        tonic, mode = facts.key
        parts.append(f"{_NOTES_ZH[tonic]}{_MODES_ZH[mode]}")
    if facts.bpm is not None:
        parts.append(f"每分钟{facts.bpm}拍")
    return "，".join((text, *parts))


def _turn(choices: tuple[str, ...], number: int) -> str:
    return choices[number % len(choices)]


def _is_chinese(words: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in words)
