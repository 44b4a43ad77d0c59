"""Songs and soundscapes of synthesizers."""

from bot.starter.composer import progressions as chords
from bot.starter.composer.style import Comp, Style

POP_80S = Style(
    name="80s pop",
    extras=("J ....x.......x...", "P ....x.......x...", "W x...x...x...x...",
            "J ..x...x...x...x."),
    bpm=(100, 130),
    major=chords.POP_MAJOR,
    minor=chords.POP_MINOR,
    comps=(
        Comp(
            ("synth brass", "synth stab", "electric piano"),
            ("C-..C-..C-C-..C-", "C---..C---..C---", "C--C--C-..C-C-..", "C-------C-----C-",
             "C-C-..C-C-C-..C-", "..C-..C-..C-..C-", "C--C--C--C--C---"),
        ),
        Comp(("electric piano", "synth strings"), ("arp8", "hold", "C---C---C---C---")),
    ),
    basses=("synth bass", "slap bass"),
    bass_lines=("R-8-R-8-R-8-R-8-", "R.R.8.R.R.R.8.R.", "R-R-R-8-R-R-8-5-", "R-R-R-R-R-R-R-R-",
                "R--R--R-R--R--8-", "R-8-R-8-R-8-5-A-", "RR8.RR8.RR8.RR5."),
    leads=("synth lead", "saw lead", "synth brass", "saxophone", "electric guitar"),
    feels=("song", "sync", "song"),
    grooves={
        "light": ("K x.......x.......|x.......x.x.....;E ....x.......x...;?H x...x...x...x...",),
        "steady": (
            "K x.......x.x.....|x.....x.x.......|x...x...x...x...;E ....x.......x...;"
            "H x.x.x.x.x.x.x.x.",
            "K x...x...x...x...;E ....x.......x...;H ..x...x...x...x.;?J x.x.x.x.x.x.x.x.",
        ),
        "dense": ("K x..x..x.x.x...x.|x.x...x.x..x..x.;E ....x.......x...|....x.......x..x;"
                  "H xxxxxxxxxxxxxxxx",
                  "K x...x...x...x...;E ....x.......x...|....x..x....x..x;H xxxxxxxxxxxxxxxx"),
    },
    kits=(24, 16),
    pads=("synth strings", "synth pad"),
    pad_chance=0.5,
    seconds=(
        Comp(("electric piano", "bells"), ("arp8", "riff", "counter")),
        Comp(("muted guitar",), ("riff", "..c...c...c...c.")),
    ),
    second_chance=0.5,
    scales=("major", "minor"),
    moods=("happy", "energetic", "dreamy", "warm", "sad"),
    fixed_era="80s",
)  # fmt: skip
SYNTHWAVE = Style(
    name="synthwave",
    extras=("P ....x.......x...", "J ....x.......x..."),
    bpm=(80, 112),
    major=("vi IV I V", "IV V vi I", "I V vi IV", "I iii IV V", "I IV vi V", "IV I V vi"),
    minor=chords.POP_MINOR,
    minor_chance=0.85,
    comps=(
        Comp(("synth pad", "synth strings"), ("hold",)),
        Comp(("saw lead", "square lead"), ("arp16", "0120123012012301", "0213021302130213")),
        Comp(("synth brass",), ("C-----C---------", "C---------C-C---")),
    ),
    basses=("synth bass", "acid bass"),
    bass_lines=("RRRRRRRRRRRRRRRR", "R.RRR.RRR.RRR.RR", "R8R8R8R8R8R8R8R8", "..RR..RR..RR..RR",
                "RRRRRRRR8888RRRR", "RR8RRR8RRR8RRR8R"),
    leads=("saw lead", "synth lead", "square lead", "overdriven guitar"),
    feels=("long", "song"),
    grooves={
        "light": ("K x.......x.......;E ....x.......x...",),
        "steady": ("K x...x...x...x...|x.......x.......;E ....x.......x...;H ..x...x...x...x.|"
                   "x.x.x.x.x.x.x.x.",),
        "dense": ("K x...x...x...x...|x...x...x..xx...;E ....x.......x...|....x.......x.xx;"
                  "H xxxxxxxxxxxxxxxx",),
    },
    kits=(24,),
    pads=("synth pad", "synth strings"),
    pad_chance=0.75,
    seconds=(Comp(("saw lead", "square lead"), ("arp16", "arp8", "riff")),),
    second_chance=0.7,
    scales=("major", "minor"),
    moods=("dreamy", "dark", "energetic", "dreamy", "sad"),
    fixed_era="80s",
)  # fmt: skip
CHIPTUNE = Style(
    name="chiptune",
    bpm=(120, 168),
    major=chords.POP_MAJOR + chords.CLASSICAL_MAJOR[:4],
    minor=chords.POP_MINOR,
    comps=(
        Comp(
            ("square lead",),
            ("0123012301230123", "0.1.2.3.2.1.2.1.", "0122012201220122", "arp16", "arp16",
             "0.2.1.2.0.2.1.2."),
        ),
    ),
    basses=("square bass",),
    bass_lines=("R-8-R-8-R-8-R-8-", "R-R-8-R-R-R-8-5-", "RR8RRR8RRR8RRR8R", "R-5-8-5-R-5-8-5-",
                "R.R.5.5.8.8.5.5.", "R---5---R---5---"),
    leads=("square lead",),
    feels=("busy", "song", "riff"),
    grooves={
        "light": ("H ....x.......x...|..x...x...x...x.;?K x.......x.......",),
        "steady": ("H x.x.x.x.x.x.x.x.|x.xxx.xxx.xxx.xx;E ....x.......x...;?K x.......x.......|"
                   "x.....x.x.......",),
        "dense": ("H xxxxxxxxxxxxxxxx;E ....x.......x..x|....x..x....x..x;K x..x..x.x..x..x.|"
                  "x.x.x.x.x.x.x.x.",),
    },
    kits=(25,),
    seconds=(Comp(("square lead",), ("counter", "riff")),),
    second_chance=0.4,
    lead_chance=0.92,
    scales=("major", "minor"),
    moods=("happy", "energetic", "happy", "energetic", "dark"),
    eras=("80s", "90s"),
    kick_freedom=0,
    has_fills=False,
    drumless_chance=0.1,
)  # fmt: skip
AMBIENT = Style(
    name="ambient",
    extras=("Z x.x.x.x.x.x.x.x.",),
    bpm=(60, 84),
    major=chords.CALM_MAJOR,
    minor=chords.CALM_MINOR,
    comps=(
        Comp(("synth pad", "bowed pad", "choir", "strings", "synth strings"), ("hold", "hold",
        "C-------C-------")),
        Comp(("harp", "electric piano", "vibraphone", "bells"), ("arp8", "0---1---2---3---",
        "0-----1-----2---")),
    ),
    basses=("deep bass", "cello"),
    bass_lines=("R---------------", "R-------5-------"),
    leads=("piano", "bells", "harp", "flute", "vibraphone", "kalimba", "pan flute"),
    feels=("long", "long", "drift"),
    grooves={
        "light": ("K x...............|x.........x.....;?X ........x.......;?H ..x...x...x...x.",),
        "steady": ("K x.......x.......|x.....x.........;X ....x.......x...;H x.x.x.x.x.x.x.x.",),
        "dense": ("K x..x......x.....;X ....x.......x...;H xxxxxxxxxxxxxxxx",),
    },
    kits=(25, 24),
    drumless_chance=0.82,
    pads=("synth strings", "choir", "bowed pad", "synth pad"),
    pad_chance=0.7,
    bass_chance=0.6,
    seconds=(Comp(("bells", "harp", "vibraphone"), ("counter", "arp8")),),
    second_chance=0.3,
    lead_chance=0.65,
    scales=("major", "minor pentatonic"),
    moods=("calm", "dreamy", "relaxing", "dark", "sad", "dreamy"),
    kick_freedom=0,
    has_fills=False,
)  # fmt: skip
LOFI = Style(
    name="lo-fi",
    extras=("Z x.x.x.x.x.x.x.x.", "J ....x.......x...", "X ...x..x....x..x."),
    bpm=(66, 90),
    major=chords.SOUL_MAJOR + chords.CALM_MAJOR[:3],
    minor=chords.SOUL_MINOR,
    comps=(
        Comp(
            ("electric piano", "electric piano", "piano"),
            ("C-----------....", "C-------..C-----", "C--C------..C---", "C-----C---------",
             "..C-------C-----", "C---..C-----C---", "C--C--......C---"),
        ),
        Comp(("nylon guitar", "muted guitar"), ("arp8", "C-----..C--C----", "0-2-3-2-1-2-3-2-")),
    ),
    basses=("deep bass", "double bass"),
    bass_lines=("R-----....R-5-..", "R-------..5-R-..", "R--R------..5---", "R-----R-....5-A-",
                "R---------5---..", "R-..R-----R--5--"),
    leads=("vibraphone", "nylon guitar", "muted trumpet", "kalimba", "saxophone", "flute"),
    feels=("long", "song", "call"),
    grooves={
        "light": ("K x.........x.....|x......x........;X ....x.......x...;?H x...x...x...x...",),
        "steady": ("K x......x..x.....|x.....x...x.....|x..x......x.....;X ....x.......x...;"
                   "H x.x.x.x.x.x.x.x.|x.xox.xox.xox.xo",),
        "dense": ("K x..x...x..x..x..|x.x....x..x.....;S ....x..o....x..o;H xxxxxxxxxxxxxxxx|"
                  "x.xxx.xxx.xxx.xx",),
    },
    kits=(8, 32),
    pads=("synth pad", "strings"),
    pad_chance=0.25,
    seconds=(Comp(("vibraphone", "electric guitar"), ("counter", "riff")),),
    second_chance=0.35,
    lead_chance=0.6,
    moods=("relaxing", "calm", "dreamy", "sad", "warm"),
    has_ninths=True,
    has_fills=False,
)  # fmt: skip
