"""Rhythms of melodies, by feel; x starts a note, - holds it, . is silence."""

SINGING = (
    "x---x---x-x-x---|x-------x---....",
    "x-----x-x---x---|x---x-x-x-------",
    "..x-x-x-x---x-x-|x-----x-x---....",
    "x---x-x-----x-x-|x-x-x-----......",
)
BUSY = (
    "x-xxx-x-x-xxx-x-|x-x-x-xxx---....",
    "x-x-xxx-x-x-xxx-|x-xxx-x-x---x---",
    "xxx-x-xxx-x-x-x-|x-x-xxx-x-------",
)
SYNCOPATED = (
    "x--x--x-..x-x-..|x--x--x---......",
    "..x--x--x--x--x-|x--x--x-x-......",
    "x--x--x-x--x--x-|..x-x--x--......",
    "x.x..x..x.x..x..|x..x..x.x---....",
)
RIFF = (
    "x-x.x-x.x---x-..|x-x.x-x.x---....",
    "x..x..x.x..x..x.|x..x..x.x-x-x-x-",
    "x-x-x.x-x-x-x.x-|x-x-x.x-x---....",
)
LONG = (
    "x---------------|x-------x-------",
    "x-------x-------|x---------------",
    "....x-----------|x-----------....",
)
STABS = (
    "x..x..x...x.....|x..x..x.....x...",
    "..x...x...x..x..|..x...x...x.....",
    "x.....x.....x...|..x.....x..x....",
)
STEADY_16 = ("x.x.x.x.x.x.x.x.|x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx|xxxxxxxxxxxxxxxx")
SWUNG = (
    "x--x-xx--x-x|x----x......",
    "..xx-xx-xx-x|x--x-x---...",
    "x-xx-xx--...|..xx-xx-----",
    "x--x-x..xx-x|x-x...x-----",
)
SWUNG_LAZY = (
    "...x-xx-----|...x-xx-x---",
    "x--x-x------|...x-xx--...",
    "x-----..xx-x|x-------....",
)
WALTZ = (
    "x-------x---|x---x---x---",
    "x---x---x---|x-----------",
    "x-----x-x-x-|x-------....",
)
