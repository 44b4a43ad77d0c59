"""Join the words of a remix with the prompt of its source.

New words replace what they contradict in the old prompt; the rest of it stays: "make it jazzier" on
"90s rock with loud guitars" gives "90s jazz rock with loud guitars". Words that describe a whole
piece, with style and instruments, replace the old prompt. Tempo and key of the source are added
unless the person asked for others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.words.contradictions import are_opposite_moods, are_opposite_styles, oppose_pace
from bot.words.facets import Degree, Facet, Phrase
from bot.words.phrases import is_chinese, is_within, read_phrases, word_for
from bot.words.request_phrases import is_change, strip_request
from bot.words.text_edits import Edit, apply_edits, tidy

_SLOWER, _MUCH_SLOWER = 0.8, 0.65
_FASTER, _MUCH_FASTER = 1.25, 1.5
_SLOWEST_BPM, _FASTEST_BPM = 60.0, 176.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoAndKey:
    """The tempo and key of a sound, such as "A minor"; None if unclear."""

    bpm: float | None = None
    key: str | None = None


def join_words(old: str | None, new: str, heard: TempoAndKey, *, most: int) -> str:
    """Return the prompt of a remix, of at most `most` characters.

    `old` is the source's prompt, None if unknown. If everything is too long, the old prompt is
    dropped.
    """
    joined = _join(old, new, heard)
    if len(joined) > most:
        joined = _join(None, new, heard)
    return joined if 0 < len(joined) <= most else new[:most]


def keeps_tempo_and_key(asked: str) -> bool:
    """Return whether words ask for no other tempo, key or meter."""
    others = (Facet.TEMPO, Facet.PACE, Facet.KEY, Facet.METER)
    return not any(each.facet in others for each in read_phrases(asked))


def _join(old: str | None, new: str, heard: TempoAndKey) -> str:
    asked = read_phrases(new)
    own = tuple(each for each in asked if not is_within(each, asked))
    in_chinese = is_chinese(old or new)
    if old is None or _describes_a_whole(new, own):
        text = _plain(new, own, in_chinese)
        known = () if old is None else read_phrases(old)
    else:
        base = strip_request(old) or tidy(old)
        known = read_phrases(base)
        text = _edited(base, known, new, own, in_chinese)
    return _with_tempo_and_key(text, new, own, known, heard, in_chinese)


def _describes_a_whole(new: str, own: tuple[Phrase, ...]) -> bool:
    """Return whether words describe a whole piece: a style and its instruments."""
    named = {each.facet for each in own if each.degree is Degree.PLAIN}
    players = named & {Facet.INSTRUMENT, Facet.DRUMS}
    return Facet.STYLE in named and bool(players) and not is_change(new)


def _plain(new: str, own: tuple[Phrase, ...], in_chinese: bool) -> str:
    """Return new words without the asking: "make it jazzier" becomes "jazz"."""
    edits = [
        Edit(each.start, each.stop, _word(new, each, in_chinese))
        for each in own
        if each.degree is Degree.MORE and each.facet in (Facet.STYLE, Facet.MOOD, Facet.PACE)
    ]
    return strip_request(apply_edits(new, edits)) or tidy(new)


def _edited(
    old: str, known: tuple[Phrase, ...], new: str, own: tuple[Phrase, ...], in_chinese: bool
) -> str:
    """Return the old words with the new ones in place of what they contradict."""
    edits: list[Edit] = []
    front: list[str] = []
    unplaced: list[Phrase] = []
    for phrase in own:
        contradicted = [each for each in known if _contradicts(phrase, each)]
        free = [each for each in contradicted if not is_within(each, known)]
        edits += [Edit(each.start, each.stop, "") for each in contradicted]
        word = _word(new, phrase, in_chinese)
        if phrase.degree is Degree.LESS and contradicted:
            unplaced.append(phrase)  # it is gone, which is all that was asked for
        elif phrase.facet not in (Facet.STYLE, Facet.ERA, Facet.MOOD, Facet.PACE):
            continue  # these stand at the end
        elif phrase.degree is not Degree.LESS:
            unplaced.append(phrase)
            same = [each for each in free if each.facet is phrase.facet]
            style = next((each for each in known if each.facet is Facet.STYLE), None)
            if same:
                edits.append(Edit(same[0].start, same[0].stop, word))
            elif any(_means_the_same(phrase, each) for each in known):
                continue
            elif phrase.facet in (Facet.STYLE, Facet.ERA) and style is not None:
                edits.append(Edit(style.start, style.start, word + ("" if in_chinese else " ")))
            else:
                front.append(word + ("的" if in_chinese else ""))
    moved = [each for each in own if each.facet in (Facet.TEMPO, Facet.KEY, Facet.METER)]
    cuts = [Edit(each.start, each.stop, "") for each in (*unplaced, *moved)]
    cuts += [
        Edit(each.start, each.stop, player)
        for each in own
        if (player := _player(new, each, in_chinese)) is not None
    ]
    tail = strip_request(apply_edits(new, cuts))
    tail += "".join(
        f", {new[each.start : each.stop]}" for each in moved if each.facet is Facet.METER
    )
    return _compose(front, apply_edits(old, edits), tidy(tail), in_chinese)


def _compose(front: list[str], body: str, tail: str, in_chinese: bool) -> str:
    text = tidy(("" if in_chinese else " ").join([*front, body]))
    if not tail or tail.casefold() in text.casefold():
        return text
    opens = re.match(r"(?:with|without|and)\b", tail)
    if opens is not None:
        tail = re.sub(r"^and\s+", "", tail)
    return tidy(f"{text}{'，' if in_chinese else ', '}{tail}")


def _contradicts(new: Phrase, old: Phrase) -> bool:
    """Return whether what is asked for excludes what was there."""
    if new.degree is Degree.LESS:
        return new.facet is old.facet and new.name == old.name
    match new.facet, old.facet:
        case (Facet.STYLE, Facet.STYLE):
            if new.degree is Degree.MORE:
                return are_opposite_styles(new.name, old.name)
            return old.degree is Degree.PLAIN or are_opposite_styles(new.name, old.name)
        case (Facet.MOOD, Facet.MOOD):
            return are_opposite_moods(new.name, old.name)
        case (Facet.MOOD, Facet.PACE):
            return oppose_pace(new.name, old.name)
        case (Facet.PACE | Facet.TEMPO, Facet.PACE | Facet.TEMPO):
            return True
        case (Facet.PACE, Facet.MOOD):
            return oppose_pace(old.name, new.name)
        case (Facet.INSTRUMENT, Facet.INSTRUMENT):
            return new.name == old.name
        case (one, other):
            return one is other


def _means_the_same(new: Phrase, old: Phrase) -> bool:
    return (new.facet, new.name) == (old.facet, old.name)


def _word(text: str, phrase: Phrase, in_chinese: bool) -> str:
    """Return what a phrase is called in a language; as it was typed where that is right."""
    typed = text[phrase.start : phrase.stop]
    if phrase.degree is Degree.PLAIN and is_chinese(typed) == in_chinese:
        return typed
    return word_for(phrase.facet, phrase.name, chinese_words=in_chinese) or typed


def _player(text: str, phrase: Phrase, in_chinese: bool) -> str | None:
    """Return how more of an instrument or no drums are said for a piece; None for others."""
    if phrase.facet is Facet.DRUMS and phrase.name == "none":
        return "不要鼓" if in_chinese else "no drums"
    if phrase.degree is not Degree.MORE or phrase.facet not in (Facet.INSTRUMENT, Facet.DRUMS):
        return None
    word = _word(text, phrase, in_chinese)
    return f"很多{word}" if in_chinese else f"lots of {word}"


def _with_tempo_and_key(
    text: str,
    new: str,
    own: tuple[Phrase, ...],
    known: tuple[Phrase, ...],
    heard: TempoAndKey,
    in_chinese: bool,
) -> str:
    """Return words with a tempo and a key behind them, where they don't tell these already."""
    named = {each.facet for each in read_phrases(text)}
    asked = {each.facet: each for each in own}
    tails = []
    pace, tempo, key = (asked.get(each) for each in (Facet.PACE, Facet.TEMPO, Facet.KEY))
    before = heard.bpm or next(
        (float(each.name) for each in known if each.facet is Facet.TEMPO), None
    )
    if tempo is not None:
        if Facet.TEMPO not in named:
            tails.append(new[tempo.start : tempo.stop])
    elif pace is not None and pace.degree is Degree.MORE and before is not None:
        tails.append(_bpm(_changed(before, pace, new), in_chinese))
    elif pace is None and before is not None and Facet.TEMPO not in named:
        tails.append(_bpm(before, in_chinese))
    old_key = heard.key or next((each.name for each in known if each.facet is Facet.KEY), None)
    wanted = old_key
    if key is not None:
        is_mode = key.name in ("major", "minor")
        wanted = f"{old_key.split()[0]} {key.name}" if is_mode and old_key else None
        if wanted is None and Facet.KEY not in named:
            tails.append(new[key.start : key.stop])
    if wanted is not None and " " in wanted and Facet.KEY not in named:
        tails.append(_key(wanted, in_chinese))
    return tidy(("，" if in_chinese else ", ").join([text, *tails]))


def _changed(bpm: float, pace: Phrase, new: str) -> float:
    """Return a slower or faster tempo; much so where that was said."""
    is_much = re.search(r"\b(?:much|a\s+lot|way)\b|得多|很多", new, re.IGNORECASE) is not None
    if pace.name == "slow":
        factor = _MUCH_SLOWER if is_much else _SLOWER
    else:
        factor = _MUCH_FASTER if is_much else _FASTER
    return min(_FASTEST_BPM, max(_SLOWEST_BPM, bpm * factor))


def _bpm(bpm: float, in_chinese: bool) -> str:
    return f"{bpm:.0f}拍" if in_chinese else f"{bpm:.0f} BPM"


def _key(name: str, in_chinese: bool) -> str:
    if not in_chinese:
        return name
    note, mode = name.split()
    sign = {"#": "升", "b": "降"}.get(note[1:], "")
    return f"{sign}{note[0]}{'大' if mode == 'major' else '小'}调"
