"""What the finished model is asked for, in other words than the captions of its training."""

from __future__ import annotations

import numpy as np

from bot.starter.composer.styles import STYLES

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
}  # fmt: skip
"""Ways to ask for each style, without a tempo."""

_SLOWEST_BPM, _FASTEST_BPM = 65, 175


def with_tempo(number: int, seed: int) -> list[tuple[str, float]]:
    """Return so many prompts that ask for a tempo, styles in turn, with the tempo each asks for."""
    random = np.random.default_rng(seed)
    names = [list(STYLES)[index] for index in random.permutation(len(STYLES))]
    tempi = random.integers(_SLOWEST_BPM, _FASTEST_BPM + 1, number)
    return [
        (f"{names[index % len(names)]}, {bpm} BPM", float(bpm)) for index, bpm in enumerate(tempi)
    ]
