"""Rhythms of melodies: cells of one or two beats that bars are put together from."""

import random as randomness

STRAIGHT: dict[str, tuple[str, ...]] = {
    "song": ("x---", "x---", "x-x-", "x-x-", "----", "x--x", "..x-", "--x-", "x-xx", "x-----x-",
             "x-x-----", "x---x-x-"),
    "busy": ("x-x-", "xxx-", "x-xx", "xxxx", "x-x-", "x---", "xxxx", "x-xxx-x-", "xx-x"),
    "sync": ("x--x--x-", "..x--x--", "x-x--x--", "--x-x-x-", "x--x----", "..x-x---", "x-.x..x-",
             "x---", "..x-", "x-x-", "--x-"),
    "riff": ("x-x.", "x-x.", "x..x", "..x.", "xx..", "x---", "x..x..x.", "x-x-..x.", ".x.x"),
    "long": ("x-------", "x-------", "x---", "--------", "----", "....x---", "x-----x-"),
    "stab": ("x...", "..x.", "x..x..x.", "....", "..xx", "x..x....", "......x.", ".x..", "x.x."),
    "arp16": ("xxxx", "x.xx", "xx.x", "x.x.", ".xxx", "x.xx.x.x", "xxx."),
    "call": ("x-x-", "x-xx", "x---", "....", "....", "..xx", "x---....", "x-x-x---"),
    "drift": ("x-------", "........", "....x---", "--------", "x---"),
}  # fmt: skip
"""Cells of four steps a beat, by feel."""

SWUNG: dict[str, tuple[str, ...]] = {
    "swing": ("x-x", "x-x", "x--", "--x", "..x", "xxx", "---", "x-.", "x----x", "..xx--"),
    "lazy": ("x--", "...", "..x", "---", "x-x", "x-----", "...x-x", "..xx--", "--x"),
    "call": ("x-x", "...", "x--", "..x", "xxx", "......", "x-----", "---"),
    "jig": ("xxx", "xxx", "x-x", "x-x", "xxx", "x--", "xx-"),
    "song": ("x--", "x-x", "---", "x-----", "x--x-x", "x-x"),
    "long": ("x-----", "x--", "---", "------"),
}
"""The same of three steps a beat."""


def draw_bar(cells: tuple[str, ...], beats: int, division: int, random: randomness.Random) -> str:
    """Return a bar of cells; it starts no note only where it rests."""
    bar = ""
    while len(bar) < beats * division:
        cell = random.choice(cells)
        if len(bar) + len(cell) <= beats * division:
            bar += cell
    return "x" + bar[1:] if bar[0] == "-" else bar


def thinned(bar: str, share: float, division: int, random: randomness.Random) -> str:
    """Hold on instead of some notes between the beats."""
    return "".join(
        "-" if sign == "x" and index % (2 * division) and random.random() < share else sign
        for index, sign in enumerate(bar)
    )


def thickened(bar: str, share: float, random: randomness.Random) -> str:
    """Repeat some held notes on the next eighth."""
    signs = list(bar)
    for index in range(2, len(signs), 2):
        if signs[index] == "-" and random.random() < share:
            signs[index] = "x"
    return "".join(signs)


def end_bar(bar: str, beats: int, division: int, random: randomness.Random) -> str:
    """Return a bar that comes to rest: its first half, then one long note."""
    half = beats // 2 * division
    tail = len(bar) - half
    rest = random.choice((0, division, division // 2)) if tail > division else 0
    return bar[:half] + "x" + "-" * (tail - rest - 1) + "." * rest


def varied(bar: str, symbols: str, division: int, random: randomness.Random) -> str:
    """Return a bar with one small change off the beat: a symbol more, less or another."""
    signs = list(bar)
    index = random.randrange(1, len(signs))
    if index % division == 0 or (division == 4 and index % 2 and signs[index] in ".-"):
        return bar
    if signs[index] in ".-":
        signs[index] = random.choice(symbols)
    elif random.random() < 0.5:
        signs[index] = "." if signs[index - 1] == "." else "-"
    else:
        signs[index] = random.choice(symbols)
    return "".join(signs)
