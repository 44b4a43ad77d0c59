"""Hip hop and trap."""

from bot.starter.composer import progressions as chords
from bot.starter.composer.style import Comp, Style

HIP_HOP = Style(
    name="hip hop",
    extras=("P ....x.......x...", "Z x.x.x.x.x.x.x.x.", "J ....x.......x...",
            "X ...x..x....x..x."),
    bpm=(80, 100),
    major=("Imaj7 vi7 Imaj7 vi7", "Imaj7 ii7 Imaj7 ii7", "Imaj7 IVmaj7 iii7 vi7",
           *chords.SOUL_MAJOR[:4]),
    minor=("i7 i7 iv7 iv7", "i i bVI bVII", "i7 bVI i7 v7", "i i i bII", "i bVI i bVI",
           "i i iv V",
           "i7 iv7 i7 v7", "i bVII bVI V", "i i i i", "i7 bVImaj7 bII7 i7", "i iv i iv"),
    minor_chance=0.8,
    comps=(
        Comp(
            ("piano", "electric piano", "strings"),
            ("C-----..C-......", "C--C--..........", "0-1-2-1-0-1-2-1-", "C-..C-....C-....",
             "C-----------..C-", "0-2-1-2-0-2-3-2-", "..C-......C-..C-", "C--C--C-........"),
        ),
        Comp(("electric guitar", "vibraphone", "harp"), ("arp8", "0..1..2...1..0..",
                                                         "C-......C--.....")),
    ),
    basses=("deep bass", "synth bass", "bass guitar"),
    bass_lines=("R-....R-..R-....", "R--R......R-..5-", "R-----....R-R-..", "R-..R-....R--A..",
                "R--.......R-5-..", "R-R-....R-..8-..", "R-----..R--R--5-"),
    leads=("flute", "synth lead", "vibraphone", "muted trumpet", "piano", "strings"),
    feels=("stab", "riff", "call"),
    grooves={
        "light": ("K x.....x...x.....|x.........x.....;P ....x.......x...;?H x...x...x...x...",),
        "steady": (
            "K x......x..x.....|x..x......x.x...|x.x....x..x.....|x.....x..xx.....;"
            "S ....x.......x...;"
            "H x.x.x.x.x.x.x.x.|x.x.x.x.x.x.x.xx|x.x.x.xxx.x.x.x.",
        ),
        "dense": ("K x..x..x..xx..x..|x.x..x.x..x..x..;S ....x.......x..o|....x..o.o..x...;"
                  "H xxxxxxxxxxxxxxxx|x.xxx.xxx.xxx.xx",),
    },
    kits=(25, 8),
    pads=("strings", "choir"),
    pad_chance=0.25,
    seconds=(Comp(("strings", "bells", "muted guitar"), ("riff", "counter", "hold")),),
    second_chance=0.45,
    lead_chance=0.5,
    moods=("groovy", "dark", "steady", "relaxing", "aggressive", "sad"),
    kick_freedom=1,
    eras=("80s", "90s", "modern"),
    has_fills=False,
    drumless_chance=0.04,
)  # fmt: skip
TRAP = Style(
    name="trap",
    extras=("X ...x..x....x..x.", "W x...x...x...x...", "Z x.x.x.x.x.x.x.x."),
    is_hard=True,
    bpm=(130, 156),
    major=("I I vi vi", "I I bVII bVII", "Imaj7 Imaj7 vi7 vi7"),
    minor=("i i i i", "i i bVI bVI", "i i bVI V", "i i iv iv", "i bVI i bVI", "i i bII bII",
           "i i bVI bVII", "i i iv V", "i bVI iv V"),
    minor_chance=0.92,
    comps=(
        Comp(("bells", "music box", "piano"), ("0---2---1---2-1-", "0-..2-..1-..2-1-",
                                               "0---1---2---3---", "arp8", "0--1--2-3---2---")),
        Comp(("synth pad", "choir", "strings"), ("hold", "C-------C-------")),
        Comp(("synth stab", "piano"), ("C-------..C-....", "C-----C---------")),
    ),
    basses=("deep bass",),
    bass_lines=("R---------R-....", "R-----R-----R-..", "R-------......R-", "R-----..R-..8---",
                "R---------------|R-----R---R-8-..", "R--R------R---A-"),
    leads=("flute", "synth lead", "bells", "pan flute", "choir"),
    feels=("riff", "stab", "long"),
    grooves={
        "light": ("K x.....x.........|x.........x.....;P ........x.......;?H x.x.x.x.x.x.x.x.",),
        "steady": ("K x.....x...x.....|x..x......x..x..|x.....x.....x.x.;P ........x.......;"
                   "H x.x.x.x.x.x.xxxx|x.x.xxx.x.x.x.x.|x.x.x.xxx.x.x.xx",),
        "dense": ("K x..x..x...x..x..|x.x...x...xx..x.;P ........x.......|........x.....x.;"
                  "H xxxxx.xxxxxxx.xx|xxxxxxxxxxxxxxxx|xxx.xxxxxxx.xxxx",),
    },
    kits=(25,),
    pads=("choir", "bowed pad"),
    pad_chance=0.3,
    seconds=(Comp(("bells", "choir", "strings"), ("counter", "riff", "hold")),),
    second_chance=0.4,
    lead_chance=0.6,
    scales=("major pentatonic", "harmonic minor"),
    moods=("dark", "aggressive", "dark", "groovy", "sad"),
    kick_freedom=1,
    eras=("modern",),
    has_any_era=False,
    has_fills=False,
    drumless_chance=0.03,
)  # fmt: skip
