"""Styles that a rock band plays."""

from bot.starter.composer import progressions as chords
from bot.starter.composer.style import Comp, Style

_EIGHTHS = "H x.x.x.x.x.x.x.x."
_BACKBEAT = "S ....x.......x..."

ROCK = Style(
    name="rock",
    extras=("J ....x.......x...", "W x...x...x...x...", "J ..x...x...x...x."),
    has_any_era=False,
    bpm=(100, 144),
    major=chords.ROCK_MAJOR,
    minor=chords.ROCK_MINOR,
    minor_chance=0.25,
    comps=(
        Comp(
            ("overdriven guitar", "overdriven guitar", "electric guitar"),
            ("C-C-..C-C-..C-C-", "C---C-C---C-C-C-", "C-----C-..C-C-C-", "C-C-C-C-C-C-C-C-",
             "C-----C-C-----C-", "C--C--C-..C-C-C-", "..C-C-..C-C-C---", "C---..C-C---C-C-"),
        ),
        Comp(("overdriven guitar",), ("P-P-P-P-P-P-P-P-", "P-----P-P-P---P-",
                                      "P-P-..P-P-..P-P-")),
        Comp(("electric guitar",), ("arp8", "0-2-1-2-3-2-1-2-")),
    ),
    basses=("bass guitar", "picked bass"),
    bass_lines=("R-R-R-R-R-R-R-R-", "R---R-R-R---5-8-", "R-R-R-R-5-5-8-5-", "R-----R-R-----5-",
                "R-R-R-R-R-R-5-A-", "R--R--R-R--R--5-", "R-R-..R-R-..R-R-"),
    leads=("overdriven guitar", "electric guitar", "organ", "overdriven guitar"),
    feels=("song", "riff", "song"),
    grooves={
        "light": (f"K x.......x.......|x.........x.....;X ....x.......x...;{_EIGHTHS}|"
                  "x...x...x...x...",),
        "steady": (
            f"K x.......x.x.....|x.....x.x.......|x..x....x.x.....|x.x.....x.......;{_BACKBEAT};"
            f"{_EIGHTHS}",
            f"K x.......x.x.....|x.....x.x.......;{_BACKBEAT};R x.x.x.x.x.x.x.x.",
        ),
        "dense": (
            f"K x..x..x.x.x...x.|x.x...x.x.x.....;{_BACKBEAT}|....x..o.o..x..o;"
            "H xxxxxxxxxxxxxxxx",
            f"K x.x...x.x.x...xx|x..x..x.x.x...x.;{_BACKBEAT};O x.x.x.x.x.x.x.x.",
        ),
    },
    kits=(0, 8),
    seconds=(
        Comp(("organ", "piano"), ("hold", "..C-..C-..C-..C-", "riff")),
        Comp(("electric guitar",), ("riff", "counter", "arp8")),
    ),
    moods=("happy", "energetic", "warm", "dark", "steady"),
    eras=("60s", "70s", "80s", "modern"),
)  # fmt: skip
ROCK_90S = Style(
    name="90s rock",
    extras=("J ....x.......x...",),
    is_hard=True,
    bpm=(84, 132),
    major=chords.POWER_MAJOR,
    minor=chords.POWER_MINOR,
    minor_chance=0.75,
    comps=(
        Comp(
            ("distorted guitar",),
            ("P---P-p-P---P-P-", "P--P--P-P--P--P-", "P-----P-P-p-P-p-", "P-------P---P-P-",
             "P---P---P-p-p-P-", "p-p-P---p-p-P-P-", "P--P--P---P-P-p-", "P-pPP-..P-pPP-..",
             "P-----..P-----P-"),
        ),
    ),
    basses=("picked bass", "bass guitar"),
    bass_lines=("R-R-R-R-R-R-R-R-", "R--R--R-R--R--R-", "R---R-R-R---R-R-", "R-----R-R-R-R-R-",
                "R-R-R-R-R-R-5-A-", "R---R---R-R-R-R-"),
    leads=("overdriven guitar", "distorted guitar"),
    feels=("song", "long", "riff"),
    grooves={
        "light": (f"K x.......x.......|x.....x.x.......;{_BACKBEAT};H x...x...x...x...",),
        "steady": (
            f"K x.....x.x.x.....|x..x....x..x..x.|x.x.....x.x.....;{_BACKBEAT};"
            "O x...x...x...x...",
        ),
        "dense": (
            f"K x.x..xx.x.x..xx.|x..x.xx.x..x.xx.;{_BACKBEAT}|....x..o.o..x.oo;"
            "O x.x.x.x.x.x.x.x.",
            f"K x.x..xx.x.x..xx.|x..x.xx.x..x.xx.;{_BACKBEAT};C x...x...x...x...",
        ),
    },
    kits=(16,),
    seconds=(Comp(("electric guitar", "overdriven guitar"), ("arp8", "riff", "counter")),),
    second_chance=0.5,
    lead_chance=0.6,
    moods=("dark", "aggressive", "energetic", "sad", "steady"),
    kick_freedom=1,
    fixed_era="90s",
)  # fmt: skip
PUNK = Style(
    name="punk",
    is_hard=True,
    bpm=(150, 176),
    major=chords.POWER_MAJOR,
    minor=chords.POWER_MINOR,
    minor_chance=0.25,
    comps=(
        Comp(
            ("distorted guitar",),
            ("P-P-P-P-P-P-P-P-", "P-P-P-P-P-P-PPPP", "P-P-P-P-P-..P-P-", "p-p-p-p-P-p-p-p-",
             "P-P-P---P-P-P---"),
        ),
    ),
    basses=("picked bass",),
    bass_lines=("R-R-R-R-R-R-R-R-", "R-R-R-R-R-R-5-A-", "R-R-R-R-5-5-5-5-", "R-R-R-R-R-R-RRRR"),
    leads=("overdriven guitar", "distorted guitar"),
    feels=("riff", "song"),
    grooves={
        "light": ("K x.......x.......|x.......x.x.....;S ....x.......x...;H x...x...x...x...",),
        "steady": (f"K x.......x.x.....|x.....x.x.......;{_BACKBEAT};O x.x.x.x.x.x.x.x.|"
                   "x...x...x...x...",),
        "dense": (
            "K x...x...x...x...|x..xx...x..xx...|x.x.x.x.x.x.x.x.|x...x..xx...x..x|"
            "x..xx..xx..xx..x;S ..x...x...x...x.;"
            "O x.x.x.x.x.x.x.x.|x...x...x...x...",
            "K x...x...x...x...|x..xx...x..xx...;S ..x...x...x...x.|..x...x...x..xx.;"
            "C x...x...x...x...",
        ),
    },
    kits=(8, 16),
    lead_chance=0.4,
    moods=("aggressive", "energetic", "happy", "energetic"),
    eras=("70s", "80s", "90s"),
    drumless_chance=0.03,
    kick_freedom=0,
)  # fmt: skip
METAL = Style(
    name="metal",
    is_hard=True,
    bpm=(110, 170),
    major=("I5 bII5 I5 bVII5", "I5 bVI5 bVII5 I5", "I5 IV5 bVI5 V5"),
    minor=chords.METAL_MINOR,
    minor_chance=0.97,
    comps=(
        Comp(
            ("distorted guitar",),
            ("pppPppPpppPppPpP", "PppPppPpPppPppPp", "P-ppP-ppP-ppPppp", "pppppppPpppppppP",
             "ppPpppPpppPppPpp", "P-ppPpppP-ppPpPp", "PpppPpppPpppP-P-", "P-.pp.P-p.pp.PP-"),
        ),
    ),
    basses=("picked bass",),
    bass_lines=("RRRRRRRRRRRRRRRR", "R-RRR-RRR-RRR-RR", "R-R-R-R-R-R-R-R-", "RRR-RRR-RRR-RRRA"),
    leads=("distorted guitar",),
    feels=("busy", "arp16", "riff"),
    grooves={
        "light": (f"K x.......x.......;{_BACKBEAT};H x...x...x...x...",),
        "steady": (
            "K x.xxx.xxx.xxx.xx|x.x.x.x.x.x.x.x.|xx.xxx.xxx.xxx.x|x..xx.x.x..xx.x.|"
             f"x.x.xxxxx.x.xxxx|x..xx..xx..xx..x;{_BACKBEAT};"
            "O x...x...x...x...",
            "K x.xx..x.x.xx..x.|x..x..x.x..x..x.;S ........x.......;C x...x...x...x...",
        ),
        "dense": (
            "K xxxxxxxxxxxxxxxx|xxx.xxx.xxx.xxx.|xxxxx.x.xxxxx.x.|xx.xxxxxxx.xxxxx|"
             f"x.xxx.xxx.xxx.xx;{_BACKBEAT};C x...x...x...x...",
            "K xxxxxxxxxxxxxxxx;S ..x...x...x...x.|....x.......x...;R x.x.x.x.x.x.x.x.|"
            "x...x...x...x...",
        ),
    },
    kits=(16,),
    lead_chance=0.5,
    scales=("phrygian", "harmonic minor"),
    moods=("aggressive", "aggressive", "dark", "energetic"),
    eras=("80s", "90s", "modern"),
    drumless_chance=0.03,
    kick_freedom=0,
)  # fmt: skip
COUNTRY = Style(
    name="country",
    extras=("J ....x.......x...", "Z x.x.x.x.x.x.x.x."),
    bpm=(96, 144),
    major=(*chords.FOLK_MAJOR, "I I IV V", "I IV I V7", "I I I V7 V7 V7 V7 I"),
    minor=chords.FOLK_MINOR,
    minor_chance=0.08,
    comps=(
        Comp(
            ("acoustic guitar",),
            ("R---C-C-R---C-C-", "R---C---R---C-c-", "R-..C-..R-..C-CC", "R---C-c-R-R-C-c-",
             "R-cCR-c.R-cCR-c.", "R---CcC-R---CcC-"),
        ),
    ),
    basses=("bass guitar", "double bass"),
    bass_lines=("R-------5-------", "R-----R-5-----5-", "R---R---5---5---", "R-------5---5-A-",
                "R---3---5---6---"),
    leads=("violin", "banjo", "harmonica", "electric guitar", "acoustic guitar"),
    feels=("busy", "song", "song"),
    grooves={
        "light": ("K x.......x.......;X ....x.......x...",),
        "steady": (f"K x.......x.......|x.......x.....x.;{_BACKBEAT};{_EIGHTHS}",),
        "dense": (
            "K x.......x.......|x.....x.x.......;S oxoxoxoxoxoxoxox|oooxoooxoooxooox|"
            "o.xoo.xoo.xoo.xo",
            "K x...x...x...x...;S ..x...x...x...x.;H xxxxxxxxxxxxxxxx|x.x.x.x.x.x.x.x.",
        ),
    },
    kits=(0, 40),
    seconds=(
        Comp(("banjo",), ("arp16", "arp8")),
        Comp(("electric guitar", "accordion"), ("riff", "counter")),
    ),
    scales=("major", "minor"),
    moods=("happy", "warm", "happy", "relaxing", "energetic"),
    eras=("60s", "70s", "90s"),
)  # fmt: skip
BALLAD = Style(
    name="ballad",
    extras=("J ....x.......x...", "Z x.x.x.x.x.x.x.x."),
    bpm=(60, 80),
    major=chords.POP_MAJOR + chords.SOUL_MAJOR[:4],
    minor=chords.POP_MINOR,
    comps=(
        Comp(
            ("piano", "piano", "electric piano"),
            ("arp8", "C---C---C---C---", "C-------C---C---", "0-1-2-3-2-1-2-1-",
             "R---C---R---C---"),
        ),
        Comp(("acoustic guitar", "nylon guitar"), ("arp8", "arp16", "C---C-C---C-C-C-")),
    ),
    basses=("bass guitar", "fretless bass"),
    bass_lines=("R---------------", "R-------5-------", "R-----R-5-------", "R-----5-8---5-A-"),
    leads=("violin", "saxophone", "overdriven guitar", "piano", "cello", "oboe"),
    feels=("song", "long"),
    grooves={
        "light": ("K x.......x.......|x.........x.....;X ....x.......x...;H x...x...x...x...|"
                  "x.x.x.x.x.x.x.x.",),
        "steady": (f"K x.......x.x.....|x.....x.x.......;{_BACKBEAT};{_EIGHTHS}",),
        "dense": (f"K x..x..x.x.x.....;{_BACKBEAT}|....x..o....x.oo;H xxxxxxxxxxxxxxxx",),
    },
    kits=(0, 8),
    pads=("strings", "synth pad"),
    pad_chance=0.7,
    seconds=(Comp(("strings", "electric guitar"), ("counter", "hold")),),
    scales=("major", "minor"),
    moods=("sad", "warm", "calm", "dreamy", "sad"),
    drumless_chance=0.25,
    eras=("70s", "80s", "90s", "modern"),
)  # fmt: skip
