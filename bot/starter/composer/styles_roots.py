"""Styles of the roots: blues, folk, reggae, Celtic dances."""

from bot.starter.composer import progressions as chords
from bot.starter.composer.style import Comp, Style

_TWELVE_BARS = "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7"

BLUES = Style(
    name="blues",
    bpm=(66, 112),
    division=3,
    # Twelve bars in four, most of the time: a clip of ten seconds has to hold the turn.
    major=("I7 IV7 I7 V7", "I7 I7 IV7 I7", "I7 IV7 I7,IV7 I7,V7", "I7 I7 IV7 V7",
           "I7 IV7 V7,IV7 I7,V7", "IV7 I7 V7,IV7 I7", "I7 I7 V7 IV7", "I7 VI7 II7 V7",
           _TWELVE_BARS, _TWELVE_BARS.replace("I7 I7 I7 I7 ", "I7 IV7 I7 I7 ")),
    minor=("i7 iv7 i7 V7", "i7 i7 iv7 i7", "i7 iv7 bVI7 V7", "i7 i7 bVI7,V7 i7",
           "i7 iv7 i7,V7 i7",
           "iv7 i7 V7 i7", "i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7", "i7 bVI7 iv7 V7"),
    minor_chance=0.2,
    comps=(
        Comp(
            ("electric guitar", "overdriven guitar"),
            ("C-cC-cC-cC-c", "..C...C...C.", "C-c..cC-c..c", "...C-....C-.", "C--c..C--c..",
             "R-R3-35-56-6"),
        ),
        Comp(("piano", "organ"), ("C-cC-cC-cC-c", "...C-c...C-c", "C----cC-----",
                                  "..c..C..c..C", "hold")),
    ),
    basses=("bass guitar", "double bass"),
    bass_lines=("R--3--5--6--", "R-R3-35-56-6", "R--3--5--6--|8--6--5--3--", "R--8--7--5--",
                "R--R--5--5--", "walk", "R-R5-56-65-5"),
    leads=("electric guitar", "harmonica", "overdriven guitar", "saxophone", "piano"),
    feels=("lazy", "swing", "call"),
    grooves={
        "light": ("K x.....x.....;X ...x.....x..;H x..x..x..x..|x.xx.xx.xx.x",),
        "steady": (
            "K x..x..x..x..|x.....x.x...|x....xx....x;S ...x.....x..;R x.xx.xx.xx.x",
            "K x.....x.x...|x....xx.....;S ...x.....x..;H x.xx.xx.xx.x",
        ),
        "dense": ("K x.xx.xx.xx.x|x..x.xx..x.x;S ...x.o...x.o|.o.x.o.o.x.o;R x.xx.xx.xx.x|"
                  "xxxxxxxxxxxx",),
    },
    kits=(0, 8),
    seconds=(
        Comp(("organ",), ("hold", "C-----c.....")),
        Comp(("brass", "saxophone"), ("riff",)),
    ),
    second_chance=0.45,
    scales=("blues", "blues"),
    lead_chance=0.92,
    moods=("groovy", "sad", "relaxing", "groovy", "steady"),
    has_ninths=True,
    eras=("50s", "60s", "70s", "80s"),
)  # fmt: skip
REGGAE = Style(
    name="reggae",
    extras=("Z x.x.x.x.x.x.x.x.", "W x...x...x...x...", "G ..x..x....x..x.."),
    bpm=(66, 92),
    major=("I IV I V", "I V vi IV", "I ii IV I", "I IV IV I", "I IV V IV", "I vi IV V",
           "I ii I ii", "I IV I IV", "I V IV IV", "Imaj7 ii7 iii7 ii7", "I bVII I bVII"),
    minor=("i iv i v", "i bVII i bVII", "i bVI bVII i", "i iv i iv", "i i iv iv", "i bVII iv i",
           "i bVI iv v", "i7 iv7 i7 v7", "i bIII iv v", "i v i v"),
    comps=(
        Comp(
            ("muted guitar", "electric guitar"),
            ("....c.......c...", "..c...c...c...c.", "....c.c.....c.c.", "....cc......c...",
             "....c.......cc.."),
        ),
        Comp(("organ", "piano"), ("....c.......c...", "..c...c...c...c.")),
    ),
    basses=("deep bass", "bass guitar"),
    bass_lines=("R--R--5-..R-5-8-", "..R-R-R-..5-8-5-", "R-----..R-3-5-..", "....R-R-8---5-R-",
                "R-..R-3-5-....3-", "R--R--3-..5---..", "..R---R-3-5-8-..", "R---..R-5-..3-R-",
                "R-R-....5-5-8-5-"),
    leads=("organ", "trumpet", "trombone", "saxophone", "harmonica"),
    feels=("sync", "song", "call"),
    grooves={
        "light": ("K ........x.......;X ........x.......;H ..x...x...x...x.|x.x.x.x.x.x.x.x.",),
        "steady": (
            "K ........x.......;X ........x.......|........x..x....;H x.x.x.x.x.x.x.x.|"
            "x.xox.xox.xox.xo",
        ),
        "dense": ("K x...x...x...x...;X ........x.....x.|...x....x..x..x.;H xoxoxoxoxoxoxoxo|"
                  "xxxxxxxxxxxxxxxx",),
    },
    seconds=(
        Comp(("organ",), ("..cC..cC..cC..cC", "..C.c.C...C.c.C.", "..C-..C-..C-..C-")),
        Comp(("muted guitar", "brass"), ("riff",)),
    ),
    second_chance=0.85,
    lead_chance=0.6,
    moods=("relaxing", "groovy", "happy", "warm", "relaxing"),
    kick_freedom=0,
    eras=("70s", "80s"),
)  # fmt: skip
FOLK = Style(
    name="folk",
    extras=("P ....x.......x...",),
    bpm=(84, 126),
    major=chords.FOLK_MAJOR,
    minor=chords.FOLK_MINOR,
    comps=(
        Comp(
            ("acoustic guitar", "acoustic guitar", "nylon guitar"),
            ("0-2-1-2-3-2-1-2-", "C---C-cC..cCC-cC", "0-3-2-3-1-3-2-3-", "C---C-C---C-C-C-",
             "arp8", "arp16", "C---C-CcC--cC-Cc", "R-C-C-C-R-C-C-C-"),
        ),
        Comp(("accordion", "harp"), ("hold", "arp8", "C-------C-------")),
    ),
    basses=("double bass", "bass guitar"),
    bass_lines=("R-------5-------", "R---------R-5---", "R---------------", "R-----5-R-------"),
    leads=("flute", "violin", "harmonica", "pan flute", "accordion", "acoustic guitar"),
    feels=("song", "song", "long"),
    grooves={
        "light": ("J ....x.......x...;?K x.......x.......", "Z x.x.x.x.x.x.x.x.;"
                                        "?K x.......x......."),
        "steady": ("K x.......x.......|x.....x.x.......;J ....x.......x...|..x...x...x...x.;"
                   "?Z x.x.x.x.x.x.x.x.",),
        "dense": ("K x.....x.x.....x.|x..x..x.x..x..x.;X ....x.......x...;Z xxxxxxxxxxxxxxxx",),
    },
    kits=(40,),
    drumless_chance=0.4,
    bass_chance=0.75,
    seconds=(
        Comp(("strings", "accordion"), ("counter", "hold")),
        Comp(("banjo", "nylon guitar", "harp"), ("arp8", "riff")),
    ),
    scales=("major", "dorian"),
    moods=("warm", "calm", "happy", "sad", "relaxing"),
    eras=("60s", "70s"),
)  # fmt: skip
CELTIC = Style(
    name="celtic",
    bpm=(100, 130),
    beats_per_bar=2,
    division=3,
    major=("I IV I V I IV V I", "I I IV V", "I V IV V", "I IV I V", "I I V V", "I vi IV V",
           "I ii IV V", "I I IV,V I", "I bVII I V", "I IV bVII I"),
    minor=("i i bVII bVII", "i bVII i bVII", "i bVII bVI bVII", "i i bVII i", "i bIII bVII i",
           "i bVII bIII bVII", "i iv bVII i", "i i bIII bVII i i bVII i"),
    minor_chance=0.5,
    comps=(
        Comp(("acoustic guitar",), ("C-cC-c", "R-CR-C", "C-CC-C", "CccCcc", "arp8")),
        Comp(("harp", "accordion"), ("arp8", "C--C--", "0-12-1", "C-----")),
    ),
    basses=("double bass", "bass guitar"),
    bass_lines=("R--5--", "R-----", "R--R--", "R-----|5-----"),
    leads=("violin", "tin whistle", "flute", "accordion", "harp"),
    feels=("jig",),
    grooves={
        "light": ("K x.....;?J ...x..", "J x..x..", "T x..o..;?J ...x.."),
        "steady": ("K x..x..|x.....;J x.xx.x|..x..x", "T x.ox.o|x..x.o;K x....."),
        "dense": ("T xooxoo|xoxxox;K x..x..|x....x;J ...x..|x..x..",),
    },
    kits=(40, 48),
    drumless_chance=0.3,
    bass_chance=0.7,
    seconds=(
        Comp(("banjo", "harp"), ("arp8",)),
        Comp(("strings",), ("hold", "counter")),
    ),
    lead_chance=0.98,
    scales=("mixolydian", "dorian"),
    moods=("happy", "energetic", "happy", "groovy"),
    kick_freedom=0,
    has_fills=False,
    has_any_era=False,
)  # fmt: skip
