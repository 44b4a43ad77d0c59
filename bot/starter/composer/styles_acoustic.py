"""Styles of the concert hall."""

from bot.starter.composer import progressions as chords
from bot.starter.composer.style import Comp, Style

CLASSICAL = Style(
    name="classical",
    bpm=(72, 132),
    major=chords.CLASSICAL_MAJOR,
    minor=chords.CLASSICAL_MINOR,
    comps=(
        Comp(
            ("piano", "harpsichord", "harp", "piano"),
            ("0-2-1-2-0-2-1-2-", "0213021302130213", "0-1-2-3-2-1-2-1-", "arp16", "arp8",
             "0-2-1-2-0-2-1-2-"),
        ),
        Comp(("strings",), ("C-------C-------", "C---C---C---C---", "hold", "c.c.c.c.c.c.c.c.")),
    ),
    basses=("cello", "double bass"),
    bass_lines=("R---------------", "R-------5-------", "R---3---5---3---", "R-------3-------",
                "R---5---3---5---", "R-..R-..5-..5-.."),
    leads=("violin", "flute", "piano", "clarinet", "strings", "oboe", "cello"),
    feels=("song", "busy", "song"),
    grooves={
        "light": ("K x...............|x.......x.......;?J ........x.......|....x.......x...",),
        "steady": ("K x.......x.......;S ....o...o...o...|..oo..oo..oo..oo;?J ....x.......x...",),
        "dense": ("K x...x...x...x...;S oooooooooooooooo|xoooxoooxoooxooo;C x...............",),
    },
    kits=(48,),
    drumless_chance=0.86,
    pads=("strings",),
    pad_chance=0.5,
    bass_chance=0.7,
    seconds=(Comp(("strings", "harp", "harpsichord"), ("counter", "hold", "arp8")),),
    scales=("major", "harmonic minor"),
    lead_chance=0.95,
    moods=("calm", "happy", "warm", "sad", "dreamy", "energetic"),
    kick_freedom=0,
    has_fills=False,
    has_any_era=False,
)  # fmt: skip
WALTZ = Style(
    name="waltz",
    bpm=(90, 160),
    beats_per_bar=3,
    major=("I I V V", "I vi ii V", "I IV V I", "V V I I", "I I V V V V I I", "I V7 V7 I",
           "I IV I V", "I I IV V", "I II7 V I", "I vi IV V", "I IV ii V", "I V I V"),
    minor=("i iv V i", "i i V V", "i V7 V7 i", "i iv i V", "i bVI iv V", "i bVII bIII V",
           "i i iv V", "iv i V i", "i bVI V i"),
    comps=(
        Comp(
            ("piano", "accordion", "strings", "nylon guitar"),
            ("R-..C-..C-..", "R---C---C---", "R-..c...c...", "....C-..C-..", "R-..C-..C-C-",
             "R---C-C-C---", "R-..c...C---"),
        ),
        Comp(("piano", "harp"), ("0-1-2-3-2-1-", "arp8", "0---2---1---")),
    ),
    basses=("double bass", "cello"),
    bass_lines=("R---........", "R-----------", "R---........|5---........", "R-------5---"),
    leads=("violin", "accordion", "clarinet", "flute", "strings", "piano"),
    feels=("song", "long", "song"),
    grooves={
        "light": ("K x...........;D ....x...x...|........x...|....x.......;"
                  "?J ....x...x...", "J x...x...x...|....x...x..."),
        "steady": ("K x...........|x.........x.;S ....o...o...|....x...x...|....x.o.x...;"
                   "?R x...x...x...|x...x.x.x...;?J ....x...x...",),
        "dense": ("K x...........|x.......x...|x.....x.....;S ....x.o.x...|....x...x.o.;"
                  "R x.x.x.x.x.x.|"
                  "x...x.x.x.x.",),
    },
    kits=(40, 32),
    drumless_chance=0.4,
    pads=("strings",),
    pad_chance=0.3,
    seconds=(Comp(("strings", "harp", "accordion"), ("counter", "hold")),),
    scales=("major", "harmonic minor"),
    lead_chance=0.95,
    moods=("happy", "warm", "sad", "dreamy", "calm"),
    kick_freedom=0,
    has_fills=False,
    has_any_era=False,
)  # fmt: skip
ORCHESTRAL = Style(
    name="orchestral",
    bpm=(76, 140),
    major=("I bVI bVII I", "I V vi IV", "I bIII IV I", "I iii IV V", "I IV vi V", "I bVII IV I",
           "vi IV I V", "I Isus IV V"),
    minor=("i bVI bIII bVII", "i bVI iv V", "i bVII bVI V", "i i bVI bVII", "i v bVI bIII",
           "i iv bVI V",
           "i bIII bVII iv", "i bVI bVII i", "i i bII i", "i bVI i bVI"),
    minor_chance=0.7,
    comps=(
        Comp(("strings",), ("c.c.c.c.c.c.c.c.", "c.ccc.ccc.ccc.cc", "c..c..c.c..c..c.",
                            "0020012000200120",
                            "0.010.010.010.02", "hold", "arp16")),
        Comp(("brass", "choir"), ("hold", "C-------C---C---", "C-----C-C-------")),
    ),
    basses=("cello", "double bass"),
    bass_lines=("R---------------", "R.R.R.R.R.R.R.R.", "R..R..R.R..R..R.", "R-------R-------",
                "R-------5-------",
                "R.RRR.RRR.RRR.RR"),
    leads=("french horn", "trumpet", "violin", "strings", "choir", "brass", "trombone"),
    feels=("long", "song", "long"),
    grooves={
        "light": ("K x...............|x.......x.......;?C x...............",),
        "steady": ("K x.....x.x.......|x..x..x.x.......;S ....o.......o...|..oo..oo..oo..oo;"
                   "?C x...............",),
        "dense": ("K x..x..x.x..x..x.|x.xxx.xxx.xxx.x.;S xoooxoooxoooxooo|x.ooxoo.x.ooxoox;"
                  "C x...............",),
    },
    kits=(48,),
    drumless_chance=0.25,
    pads=("strings", "choir", "brass"),
    pad_chance=0.6,
    seconds=(Comp(("brass", "harp", "choir", "strings"), ("counter", "hold", "riff")),),
    lead_chance=0.8,
    scales=("major", "harmonic minor"),
    moods=("dark", "energetic", "sad", "energetic", "aggressive", "dreamy"),
    kick_freedom=0,
    has_any_era=False,
)  # fmt: skip
