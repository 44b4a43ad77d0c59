"""Dance music made with machines."""

from bot.starter.composer import progressions as chords
from bot.starter.composer.style import Comp, Style

_FOUR = "K x...x...x...x..."
_SIXTEENTHS = "H xxxxxxxxxxxxxxxx"

TECHNO = Style(
    name="techno",
    extras=("Z x.x.x.x.x.x.x.x.", "X ...x..x....x..x.", "W x...x...x...x...",
            "Z xxxxxxxxxxxxxxxx"),
    is_hard=True,
    bpm=(125, 140),
    major=("Isus Isus Isus Isus", "I I I bVII", "Isus Isus I I"),
    minor=("i i i i", "i i i bII", "i i bVI bVI", "i i i bVII", "i i bII bII", "isus isus i i",
           "i i iv iv", "i i i i i i bVI bVII", "i i bIII bIII"),
    minor_chance=0.94,
    comps=(
        Comp(
            ("synth stab", "saw lead"),
            ("..C..C....C..C..", "C..C..C..C..C...", "..c...C...c...C.", "...c..c....c..c.",
             "c..c....c..c..c.", "..C.....C.......", "......c.......c."),
        ),
        Comp(("saw lead", "square lead"), ("0.10.10.0.10.1.0", "00.0.00.01.0.00.",
                                           "0.0.2.0.1.0.2.1.", "arp16")),
    ),
    basses=("synth bass", "acid bass", "deep bass"),
    bass_lines=("..R...R...R...R.", ".RRR.RRR.RRR.RRR", "R.RR..R.R.RR..8.", "..R-..R-..R-..R-",
                "R..R..R.R..R..R.", ".R.R.R.R.R.R.R.8", "R.R8.R.7R.R8.R5.", "..RR..RR..RR..R8"),
    leads=("synth lead", "square lead", "saw lead"),
    feels=("arp16", "stab", "riff"),
    grooves={
        "light": (f"{_FOUR};?H ..x...x...x...x.", f"{_FOUR};?X ...x..x....x..x."),
        "steady": (
            f"{_FOUR};H ..x...x...x...x.|..x.x.x...x.x.x.;?P ....x.......x...",
            f"{_FOUR};O ..x...x...x...x.;?X ...x..x....x..x.|..x..x....x..x..",
        ),
        "dense": (
            f"{_FOUR};H xxoxxxoxxxoxxxox|xxxxxxxxxxxxxxxx;P ....x.......x..x|....x.......x...;"
            "?T ...x..x.....x.x.|..x..x....x..x..",
            f"{_FOUR};O ..x...x...x...x.;H xx.xxx.xxx.xxx.x;E ....x.......x...",
        ),
    },
    kits=(24, 25),
    pads=("synth pad", "bowed pad"),
    pad_chance=0.3,
    seconds=(Comp(("synth stab", "square lead"), ("riff", "arp16")),),
    second_chance=0.4,
    lead_chance=0.45,
    scales=("mixolydian", "phrygian"),
    moods=("dark", "energetic", "aggressive", "energetic"),
    eras=("90s", "modern"),
    kick_freedom=0,
    has_fills=False,
    drumless_chance=0.03,
)  # fmt: skip
HOUSE = Style(
    name="house",
    extras=("Z x.x.x.x.x.x.x.x.", "J ..x...x...x...x.", "G ..x..x....x..x..",
            "W x...x...x...x..."),
    bpm=(116, 128),
    major=chords.CLUB_MAJOR,
    minor=chords.CLUB_MINOR,
    minor_chance=0.6,
    comps=(
        Comp(
            ("piano", "organ", "electric piano"),
            ("C..C..C...C..C..", "..C..C..C..C..C.", "C--C--C-..C-C-..", "..C...C...C...C.",
             "C..C..C..C..C...", "..C.C..C..C.C..C", "C-..c..C-..c..C-"),
        ),
        Comp(("synth stab",), ("..C..C....C..C..", "C..C..C...C..C..")),
    ),
    basses=("synth bass", "deep bass", "bass guitar"),
    bass_lines=("..R-..R-..R-..R-", "R..R..R...R..5..", "..R...8-..R-..58", "R..R..8...R.5.7.",
                "..R-..R-..8-..5-", "R...R..R..R.8...", "..RR..8...RR..5."),
    leads=("saw lead", "organ", "saxophone", "choir", "flute"),
    feels=("sync", "stab", "song"),
    grooves={
        "light": (f"{_FOUR};?P ....x.......x...;?H ..x...x...x...x.",),
        "steady": (f"{_FOUR};O ..x...x...x...x.;P ....x.......x...;?Z x.x.x.x.x.x.x.x.",),
        "dense": (
            f"{_FOUR};O ..x...x...x...x.;P ....x.......x..x|....x..x....x...;H xx.xxx.xxx.xxx.x|"
            "x..xx..xx..xx..x",
            f"{_FOUR};P ....x.......x...;{_SIXTEENTHS};?G ..x..x....x..x..|...x..x....x.x..",
        ),
    },
    kits=(25, 24),
    pads=("synth strings", "synth pad"),
    pad_chance=0.5,
    seconds=(Comp(("synth stab", "electric piano"), ("riff", "counter")),),
    second_chance=0.35,
    lead_chance=0.55,
    moods=("groovy", "energetic", "happy", "groovy", "warm"),
    has_ninths=True,
    eras=("80s", "90s", "modern"),
    kick_freedom=0,
    has_fills=False,
    drumless_chance=0.03,
)  # fmt: skip
TRANCE = Style(
    name="trance",
    extras=("Z xxxxxxxxxxxxxxxx", "J ..x...x...x...x."),
    is_hard=True,
    bpm=(132, 144),
    major=chords.POP_MAJOR,
    minor=chords.POP_MINOR,
    minor_chance=0.75,
    comps=(
        Comp(
            ("saw lead",),
            ("0120123012012301", "C.CC.C.CC.CC.C.C", "3210321032103210", "arp16", "arp16",
             "C..C..C.C..C..C."),
        ),
    ),
    basses=("synth bass",),
    bass_lines=("..R-..R-..R-..R-", ".RRR.RRR.RRR.RRR", "..R8..R8..R8..R8", ".R.R.R.R.R.R.R.R"),
    leads=("synth lead", "saw lead"),
    feels=("long", "song", "sync"),
    grooves={
        "light": (f"{_FOUR};?H ..x...x...x...x.",),
        "steady": (f"{_FOUR};O ..x...x...x...x.;?P ....x.......x...",),
        "dense": (f"{_FOUR};O ..x...x...x...x.;H xx.xxx.xxx.xxx.x;E ....x.......x...",
                  f"{_FOUR};{_SIXTEENTHS};E ....x.......x...|....x.......x..x"),
    },
    kits=(24,),
    pads=("synth pad", "choir", "synth strings"),
    pad_chance=0.85,
    seconds=(Comp(("bells", "piano"), ("arp8", "riff", "counter")),),
    second_chance=0.35,
    lead_chance=0.7,
    scales=("major", "minor"),
    moods=("dreamy", "energetic", "happy", "dreamy"),
    eras=("90s", "modern"),
    kick_freedom=0,
    drumless_chance=0.04,
)  # fmt: skip
DRUM_AND_BASS = Style(
    name="drum and bass",
    extras=("Z x.x.x.x.x.x.x.x.", "J ..x...x...x...x.", "G ..x..x....x..x.."),
    is_hard=True,
    bpm=(160, 176),
    major=chords.CALM_MAJOR + chords.CLUB_MAJOR[:4],
    minor=("i i bVI bVI", "i7 i7 iv7 iv7", "i i i bVII", *chords.CALM_MINOR, "i i bVII bVI"),
    minor_chance=0.8,
    comps=(
        Comp(("synth pad", "synth strings", "choir"), ("hold", "C-----C---------", "hold")),
        Comp(("electric piano", "synth stab"), ("C-----C---......", "C..........C....",
                                                "......C-..C-....", "hold")),
    ),
    basses=("deep bass", "synth bass", "acid bass"),
    bass_lines=("R---------R-8-..", "R--R--R-....5-8-", "R-----R-----8-5-", "R---..R-..R-----",
                "R-R-..8-..R---5-", "R-----..R-R-..8-", "R---------------|R-----R-8-5-....",
                "RR..R-..R-RR..8-"),
    leads=("synth lead", "flute", "saw lead", "vibraphone"),
    feels=("long", "stab", "sync"),
    grooves={
        "light": ("K x.........x.....;X ....x.......x...;H x...x...x...x...|..x...x...x...x.",),
        "steady": ("K x.........x.....|x..x......x.....|x.........xx....;S ....x.......x...|"
                   "....x..o....x...;"
                   "H x.x.x.x.x.x.x.x.",),
        "dense": (
            "K x.x.......xx....|x.........x..x..|x.x...x...x.....;S ....x..o.o..x..o|"
            "....x..x.x..x..x|.o..x..o.o..xo.o;"
            f"{_SIXTEENTHS}",
            "K x.x.......xx....|x.........x..x..;S ....x..o.o..x..o|....x..o.o..x.oo;"
            "R x.x.x.x.x.x.x.x.",
        ),
    },
    kits=(8, 24),
    pads=("synth pad", "bowed pad"),
    pad_chance=0.4,
    seconds=(Comp(("bells", "electric piano"), ("riff", "counter")),),
    second_chance=0.35,
    lead_chance=0.45,
    moods=("energetic", "dark", "aggressive", "dreamy", "energetic"),
    kick_freedom=1,
    has_ghosts=True,
    eras=("90s", "modern"),
    drumless_chance=0.03,
)  # fmt: skip
