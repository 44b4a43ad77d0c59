"""Styles that live from the groove: soul, funk, Latin and dance bands."""

from bot.starter.composer import progressions as chords
from bot.starter.composer.style import Comp, Style

LATIN = Style(
    name="latin",
    extras=("Z x.x.x.x.x.x.x.x.", "W x...x...x...x..."),
    bpm=(90, 124),
    major=("I IV V IV", "I ii V I", "I IV V V", "I IV I V7", "I V7 V7 I", "I vi ii V7",
           "I,IV V,IV I,IV V,IV", "I I IV V", "I bVII IV V", "Imaj7 vi7 ii7 V7"),
    minor=("i iv V V", "i bVII bVI V", "i V i V", "i iv i V", "i iv V i", "i i V V",
           "i7 IV7 i7 IV7",
           "i,iv V,iv i,iv V,iv", "i bVI V V", "i V7 V7 i", "iv i V i"),
    minor_chance=0.6,
    comps=(
        Comp(
            ("piano",),
            ("0-2C.2.C.2.C2.C.", "C.C2.C.2C.2.C.2.", "0.C.2C.2.C.2C.2.", "C.2.C2.C.2.C.2C.",
             ".C.2C.C2.C.2C.C2", "C.CC.C.C.CC.C.C.", "0.CC.2C.2.CC.2C."),
        ),
    ),
    basses=("bass guitar", "double bass"),
    bass_lines=("......R-....5-R-", "R-....5-....8-..", "R-----5-..5-8-..", "R--R..5-...58-5-",
                "......5-....8-R-", "R-..5-..R-..5-A-"),
    leads=("trumpet", "brass", "flute", "nylon guitar", "marimba", "trombone"),
    feels=("sync", "sync", "call"),
    grooves={
        "light": ("V x..x..x...x.x...|..x.x...x..x..x.;G ......xx......xx",),
        "steady": (
            "V x..x..x...x.x...|..x.x...x..x..x.;U x.o.x.o.x.o.x.o.;G ......xx......xx;"
            "?Z x.x.x.x.x.x.x.x.",
            "V ..x.x...x..x..x.|x..x...x..x.x...;L ......xx......xx;W x...x...x...x...|"
            "x.x.x.x.x.x.x.x.",
        ),
        "dense": (
            "V x..x..x...x.x...|..x.x...x..x..x.;W x.x.x.x.x.x.x.x.|x.xxx.x.x.xxx.x.;"
            "G ..xx..xx..xx..xx;"
            "K x..x..x.x..x..x.",
        ),
    },
    seconds=(Comp(("brass", "nylon guitar"), ("riff", "counter")),),
    second_chance=0.5,
    scales=("major", "harmonic minor"),
    moods=("energetic", "happy", "groovy", "groovy"),
    kick_freedom=0,
    eras=("60s", "70s", "modern"),
    drumless_chance=0.04,
)  # fmt: skip
FUNK = Style(
    name="funk",
    extras=("J ....x.......x...", "W x...x...x...x...", "G ..x..x....x..x..",
            "P ....x.......x..."),
    bpm=(92, 118),
    major=("I9 I9 I9 I9", "I9 I9 IV9 IV9", "I7 bVII7 IV7 I7", "I9 IV9 I9 IV9", "I9 I9 I9 V9,IV9",
           "I7 I7 bIII7 IV7", "I9 bVII7 I9 bVII7", "IV9 I9 IV9 I9"),
    minor=("i7 i7 IV9 IV9", "i7 i7 i7 IV9", "i7 bVII7 i7 bVII7", "i7 i7 i7 i7", "i7 IV9 i7 IV9",
           "i7,IV9 i7,IV9 i7,IV9 bVII7", "i7 i7 bVI7 V7", "i7 iv7 i7 V7", "i7 bIII7 IV9 i7"),
    minor_chance=0.6,
    comps=(
        Comp(
            ("muted guitar", "electric guitar"),
            ("c.cC.cc.c.cC.ccC", "..C.c.cC..C.c.cC", "cccC.cc.cccC.cC.", "c.c.C.cc.cc.C.c.",
             ".cc.C.c..cc.C.cc", "..cC..c...cC..cc"),
        ),
        Comp(("electric piano", "organ"), ("C--C..c...C-.c..", "..C.c..C....C.c.",
                                           "C-.c..C-.c..C-..")),
    ),
    basses=("slap bass", "bass guitar"),
    bass_lines=("R..R..8.R.7.R.8.", "R.R.8..R..7.8.R.", "R...R.8..R.5.7.A", "R.8.R.R.7..5..8.",
                "R..R...5..7.8..A", "R.RR..8...R.7.5.", "R-..8.R..R..5.7.", "R...8R.8..R.7.5A"),
    leads=("brass", "saxophone", "organ", "synth lead", "trumpet"),
    feels=("stab", "sync", "riff"),
    grooves={
        "light": ("K x.......x.x.....|x..x......x.....;S ....x.......x...;H x.x.x.x.x.x.x.x.",),
        "steady": ("K x..x......x..x..|x.x....x..x.....|x......x..x..x..;S ....x..o.o..x..o|"
                   "....x..o....x...;"
                   "H x.x.x.x.x.x.x.x.|xxxxxxxxxxxxxxxx",),
        "dense": (
            "K x..x..x...x..x..|x.x..x.x..x..x..;S ....x..o.o.ox..o|.o..x.oo.o..x.oo|"
            "o..ox..o.o.ox.o.;"
            "H xxxxxxxxxxxxxxxx|xoxoxoxoxoxoxoxo",
        ),
    },
    kits=(0, 8),
    seconds=(
        Comp(("electric piano", "organ"), ("C--C............", "......C-..C.....", "riff")),
        Comp(("brass", "saxophone"), ("riff",)),
    ),
    scales=("mixolydian", "dorian"),
    moods=("groovy", "groovy", "energetic", "happy"),
    kick_freedom=1,
    has_ghosts=True,
    has_ninths=True,
    eras=("70s", "80s", "90s"),
)  # fmt: skip
SOUL = Style(
    name="soul",
    extras=("J ....x.......x...", "P ....x.......x...", "Z x.x.x.x.x.x.x.x.",
            "G ..x..x....x..x.."),
    bpm=(66, 100),
    major=chords.SOUL_MAJOR,
    minor=chords.SOUL_MINOR,
    comps=(
        Comp(
            ("organ", "electric piano"),
            ("C-------C---C---", "C-----C-..C-----", "C---..C---..C---", "C--C----C--C----",
             "C-----------C---", "..C-----..C-----"),
        ),
        Comp(("electric guitar",), ("....c.......c...", "..C-c...C-..c...", "arp8")),
    ),
    basses=("bass guitar", "fretless bass"),
    bass_lines=("R-----R-3---5-A-", "R---..R-5-..6-5-", "R--R..5-8---5-3-", "R-----R-5-6-5-..",
                "R--R--3-5--5--A-", "R---..3-5---..A-"),
    leads=("saxophone", "trumpet", "brass", "choir", "electric guitar"),
    feels=("song", "sync", "call"),
    grooves={
        "light": ("K x.......x.......|x.....x.x.......;X ....x.......x...;H x.x.x.x.x.x.x.x.",),
        "steady": ("K x.....x.x.......|x.......x.x.....|x..x....x.x.....;S ....x.......x...;"
                   "H x.x.x.x.x.x.x.x.;"
                   "?J ....x.......x...",),
        "dense": ("K x..x..x.x.x.....|x.x...x.x..x....;S ....x..o.o..x..o;H xxxxxxxxxxxxxxxx",),
    },
    kits=(0, 40),
    pads=("strings",),
    pad_chance=0.5,
    seconds=(
        Comp(("electric guitar", "muted guitar"), ("....c.......c...", "riff")),
        Comp(("brass", "strings"), ("counter", "riff")),
    ),
    moods=("warm", "relaxing", "groovy", "sad", "warm"),
    has_ninths=True,
    eras=("60s", "70s"),
    scales=("major", "dorian"),
)  # fmt: skip
DISCO = Style(
    name="disco",
    extras=("J ....x.......x...", "W x...x...x...x...", "J ..x...x...x...x.",
            "G ..x..x....x..x.."),
    bpm=(110, 128),
    major=("Imaj7 vi7 ii7 V7", "I vi IV V", *chords.SOUL_MAJOR[:6], "I ii7 IV V", "I V ii7 IV"),
    minor=("i7 iv7 bVII bIII", "i bVI bVII i", "i7 i7 iv7 iv7", "i7 bVII bVI V", "i7 iv7 i7 v7",
           "i7 iv7 bVII7 bIIImaj7", "i bVII iv bVI", "i7 i7 bVI bVII", "i v bVI bVII"),
    minor_chance=0.65,
    comps=(
        Comp(
            ("electric guitar", "muted guitar"),
            ("c.cCc.cCc.cCc.cC", "..C...C...C...Cc", "C.cCc.C.c.cCc.C.", "..cC..cC..cC..cC",
             "c.c.C.ccc.c.C.cc"),
        ),
        Comp(("piano", "electric piano"), ("..C...C...C...C.", "C..C..C...C..C..",
                                           "C---C---C---C---")),
    ),
    basses=("bass guitar", "slap bass"),
    bass_lines=("R-8-R-8-R-8-R-8-", "R.8.R.8.R.8.5.8.", "R.8.R.8.5.7.8.A.", "R-8-5-8-R-8-5-8-",
                "R..R8.R.R..R8.5.", "R.8.R.8.R.8.7.A."),
    leads=("strings", "brass", "trumpet", "flute", "saxophone"),
    feels=("song", "busy", "sync"),
    grooves={
        "light": ("K x...x...x...x...;?X ....x.......x...;?H ..x...x...x...x.",),
        "steady": ("K x...x...x...x...;S ....x.......x...;O ..x...x...x...x.",),
        "dense": ("K x...x...x...x...;S ....x.......x...|....x..o....x.o.;O ..x...x...x...x.;"
                  "H x.xxx.xxx.xxx.xx|xx.xxx.xxx.xxx.x",
                  "K x...x...x...x...;P ....x.......x...;H xxxxxxxxxxxxxxxx;J ..x...x...x...x."),
    },
    kits=(0, 8),
    pads=("strings",),
    pad_chance=0.7,
    seconds=(Comp(("brass", "strings"), ("riff", "counter")),),
    scales=("major", "minor"),
    moods=("groovy", "happy", "energetic", "groovy"),
    kick_freedom=0,
    eras=("70s",),
    drumless_chance=0.04,
)  # fmt: skip
