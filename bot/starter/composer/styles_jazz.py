"""Jazz and bossa nova."""

from bot.starter.composer import progressions as chords
from bot.starter.composer.style import Comp, Style

JAZZ = Style(
    name="jazz",
    bpm=(84, 168),
    division=3,
    major=chords.JAZZ_MAJOR,
    minor=chords.JAZZ_MINOR,
    comps=(
        Comp(
            ("piano", "piano", "vibraphone"),
            ("..C....C-...", "C-...C......|...C-....C..", "C-....C-....", ".....C...C-.",
             "C----C......", "..C-....C-..", "..C.....C-..|C-....C.....", "...C-C......"),
        ),
        Comp(("electric guitar",), ("C-.c..C-.c..", "c..c..c..c..", "..C....C-...",
                                    "C-....C-....")),
    ),
    basses=("double bass",),
    bass_lines=("walk", "walk", "walk", "R--3--5--6--|8--7--5--A--", "R-----5-----"),
    leads=("saxophone", "trumpet", "muted trumpet", "clarinet", "vibraphone", "piano",
           "electric guitar", "trombone"),
    feels=("swing", "swing", "lazy", "call"),
    grooves={
        "light": ("R x..x.xx..x.x|x..x..x..x.x;D ...x.....x..",),
        "steady": (
            "R x..x.xx..x.x|x.xx..x.xx..;D ...x.....x..;?K o.....o.....|......o.....|"
            "o.........o.",
            "R x..x.xx..x.x;D ...x.....x..;X .........x..|...x.....x..",
        ),
        "dense": ("R x.xx.xx.xx.x|x..x.xx..x.x;D ...x.....x..;S ..o.....o..o|o....o..x..o|"
                  ".....o..o...;"
                  "K o..o..o..o..|.....o......",),
    },
    kits=(32, 40),
    seconds=(Comp(("brass", "saxophone"), ("counter", "riff")),),
    second_chance=0.25,
    scales=("major", "dorian"),
    lead_chance=0.94,
    moods=("relaxing", "groovy", "warm", "calm", "happy", "energetic"),
    kick_freedom=0,
    has_ninths=True,
    eras=("50s", "60s", "modern"),
    drumless_chance=0.1,
)  # fmt: skip
BOSSA = Style(
    name="bossa nova",
    extras=("V x..x..x...x..x..", "Z x.x.x.x.x.x.x.x."),
    bpm=(108, 150),
    major=chords.JAZZ_MAJOR,
    minor=chords.JAZZ_MINOR,
    comps=(
        Comp(
            ("nylon guitar",),
            ("R-C-..C-R-..C-..", "R-..C-..R-C-..C-", "C-..C-..C-..C---", "R-C-..C-..C-R-C-",
             "..C-C-..C-..C-C-", "R-..C-C-..C-C-..", "C--C--C---C--C--"),
        ),
    ),
    basses=("double bass",),
    bass_lines=("R-----R-5-----5-", "R-----5-5-----R-", "R-----R-5-----A-", "R-------5-------"),
    leads=("flute", "saxophone", "vibraphone", "piano", "clarinet", "nylon guitar"),
    feels=("sync", "sync", "long"),
    grooves={
        "light": ("X x..x..x...x..x..|x..x..x...x...x.|..x..x..x..x..x.;?K x.....x.x.....x.",),
        "steady": ("X x..x..x...x..x..|..x..x..x..x..x.;K x.....x.x.....x.;H xxxxxxxxxxxxxxxx|"
                   "x.x.x.x.x.x.x.x.",),
        "dense": ("X x..x..x...x..x..|x.x..x..x.x..x..;K x.....x.x.....x.;Z xxxxxxxxxxxxxxxx",),
    },
    kits=(40, 32),
    pads=("strings",),
    pad_chance=0.25,
    seconds=(Comp(("piano", "vibraphone"), ("counter", "riff")),),
    second_chance=0.35,
    scales=("major", "dorian"),
    moods=("relaxing", "warm", "calm", "groovy", "dreamy"),
    kick_freedom=0,
    has_ninths=True,
    eras=("60s", "70s"),
    has_fills=False,
    drumless_chance=0.15,
)  # fmt: skip
