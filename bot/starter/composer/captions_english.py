"""English captions."""

import random as randomness

from bot.starter.composer import caption_words
from bot.starter.composer.caption_facts import CaptionChances, Facts
from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.composer.piece import Piece

_OTHER_CHANCE = 0.2
_OWN_NAME_CHANCE = 0.4
_NO_MODE_CHANCE = 0.08
_MOOD_APART_CHANCE = 0.35
_GROOVY_STYLES = ("blues", "jazz", "funk", "soul", "disco")
_LEAD_FORMS = ("{0}", "{0} melody", "{0} lead", "{0} solo", "a {0} melody", "melodic {0}",
               "lead {0}", "{0} playing the melody", "{0} playing", "melody on {0}",
               "the {0} playing the melody", "{0} playing the lead", "solo on {0}", "{0} up front",
               "the {0} on the melody")  # fmt: skip
_DRUMLESS = (", no drums", " without drums", ", drumless", " with no drums", ", no percussion",
             ", without percussion", ", take the drums out", ", cut the drums", ", no drums at all",
             " without a drum beat", ", keep the drums out", ", remove the drums",
             " without a single drum", ", drop the drums", ", no beat", " and no drums please",
             ", drums off",)  # fmt: skip
_MOOD_FORMS = ("{0}", "{0}", "{0} feel", "with a {0} feel", "make it {0}", "I want it {0}",
               "and {0}", "{0} please")  # fmt: skip
_REQUESTS = ("make it {0}", "{0}", "{0}, please", "a bit {0}", "can you make it {0}", "now {0}",
             "but {0}", "{0} please", "make this {0}", "I want it {0}")  # fmt: skip
_STYLE_REQUESTS = ("make it {0}", "more {0}", "turn it into {0}", "in the style of {0}",
                   "as {0}", "{0} version", "like {0}", "make it more {0}", "a {0} remix",
                   "{0} remix")  # fmt: skip


def english_caption(
    piece: Piece, facts: Facts, choices: randomness.Random, chances: CaptionChances, bpm: str
) -> str:
    """Say something true of a piece; `bpm` is the tempo that is to be named, or nothing."""
    chance = choices.random
    style = (
        choices.choice(caption_words.STYLE_WORDS[piece.style]) if chance() < chances.style else ""
    )
    if not bpm and chance() < 0.05:
        return _cased(_request(piece, facts, style, choices), choices)
    era = _era(piece, style, choices)
    if style and chance() < chances.hurry:
        # What people type who are in a hurry.
        text = f"{era} {style}" if era else style
        if bpm:
            text += choices.choice((f" {bpm} bpm", f" {bpm}bpm", f" {bpm} BPM", f", {bpm} bpm"))
        elif facts.lead and chance() < 0.3:
            text += " " + _name(facts.lead, choices)
        return _cased(text, choices)
    mood = choices.choice(caption_words.MOOD_WORDS[piece.mood]) if chance() < chances.mood else ""
    is_apart = chance() < _MOOD_APART_CHANCE
    head = _adjectives(piece, facts, "" if is_apart else mood, choices)
    head += [word for word in (era, style) if word]
    if not style or chance() < 0.6:
        head.append(choices.choice(caption_words.NOUNS))
    text = " ".join(head)
    if chance() < 0.22:
        article = "" if head[-1] in ("music", style) else _article(text)
        text = " ".join(
            word for word in (choices.choice(caption_words.ASKS), article, text) if word
        )
    elif head[-1] != "music" and chance() < 0.1:
        text = f"{_article(text)} {text}"
    tails = []
    if chance() >= chances.short:
        text += _played(piece, facts, choices, chances)
        tails = _tails(piece, bpm, choices, chances)
    if mood and is_apart and chance() < 0.3:
        text = f"{mood}, {text}"
    elif mood and is_apart:
        tails.insert(choices.randint(0, len(tails)), choices.choice(_MOOD_FORMS).format(mood))
    for tail in tails:
        text += (" " if chance() < 0.4 else ", ") + tail
    if chance() < 0.05:
        text += choices.choice((" ", ", ")) + choices.choice(caption_words.FILLERS)
    return _cased(text, choices)


def _adjectives(piece: Piece, facts: Facts, mood: str, choices: randomness.Random) -> list[str]:
    chance = choices.random
    adjectives = []
    if facts.tempo and chance() < 0.24:
        adjectives.append(choices.choice(caption_words.TEMPOS[facts.tempo]))
    if mood:
        adjectives.append(mood)
    if facts.activity and chance() < 0.2:
        adjectives.append(choices.choice(caption_words.ACTIVITY_WORDS[facts.activity]))
    for trait in ("soft", "bassy"):
        if trait in piece.traits and chance() < 0.16:
            adjectives.append(trait)
    choices.shuffle(adjectives)
    return adjectives[:3]


def _tails(
    piece: Piece, bpm: str, choices: randomness.Random, chances: CaptionChances
) -> list[str]:
    chance = choices.random
    tails = []
    if bpm:
        form = choices.choice(("{0} BPM", "{0} bpm", "at {0} bpm", "at {0} BPM", "tempo {0}",
                               "{0} beats per minute", "{0}bpm", "{0} bpm tempo"))  # fmt: skip
        tails.append(form.format(bpm))
    if chance() < chances.key:
        keys = caption_words.KEYS if chance() < 0.6 else caption_words.SHARP_KEYS
        form = choices.choice(
            ("in {0} {1}", "in {0} {1}", "key of {0} {1}", "{0} {1}", "key {0} {1}",
             "in the key of {0} {1}", "the key is {0} {1}")
        )  # fmt: skip
        if chance() < _NO_MODE_CHANCE:
            form = choices.choice(("in {0}", "key of {0}", "in the key of {0}"))
        tails.append(form.format(keys[piece.tonic], piece.mode))
    elif chance() < 0.04:
        tails.append(f"in a {piece.mode} key")
    if piece.beats_per_bar != 4 and chance() < 0.15:
        meter = "3/4" if piece.beats_per_bar == 3 else "6/8"
        tails.append(choices.choice((f"in {meter}", f"{meter} time", meter)))
    elif piece.beats_per_bar == 4 and piece.division == 3 and chance() < 0.1:
        tails.append(choices.choice(("swing feel", "with swing", "swung", "swinging")))
    if piece.bars and piece.bars[0].section == "intro" and chance() < 0.2:
        tails.append(
            choices.choice(("with an intro", "with a short intro", "starts with an intro"))
        )
    choices.shuffle(tails)
    return tails


def _era(piece: Piece, style: str, choices: randomness.Random) -> str:
    is_said = any(digit in style for digit in ("0s", "ties"))
    # A fixed era belongs to the style's own sound, but some of its names leave it out.
    if piece.era is None or is_said or choices.random() >= 0.6:
        return ""
    return choices.choice(caption_words.ERA_WORDS[piece.era])


def _article(text: str) -> str:
    return "an" if text[0].lower() in "aeiou8" else "a"


def _cased(text: str, choices: randomness.Random) -> str:
    draw = choices.random()
    if draw < 0.12:
        text = text[0].upper() + text[1:]
    elif draw < 0.24:
        text = text.lower()
    elif draw < 0.26:
        text = text.upper()
    return text + ("." if choices.random() < 0.05 else "")


def _name(instrument: str, choices: randomness.Random) -> str:
    """Say an instrument by its own name, or by one that it may share with others."""
    names = caption_words.INSTRUMENT_WORDS.get(instrument, (instrument,))
    return names[0] if choices.random() < _OWN_NAME_CHANCE else choices.choice(names)


def _features(
    piece: Piece, facts: Facts, choices: randomness.Random, chances: CaptionChances
) -> list[str]:
    chance = choices.random
    features = []
    if facts.lead and chance() < chances.lead:
        word = _name(facts.lead, choices)
        if chance() < 0.5:
            form = choices.choice(_LEAD_FORMS)
            features.append(form.format(word) if form != "a {0} melody" or not word.endswith("s")
                            else f"{word} melody")  # fmt: skip
        else:
            features.append(_described(piece, facts.lead, word, choices))
    for name in facts.others:
        if chance() < _OTHER_CHANCE:
            features.append(_described(piece, name, _name(name, choices), choices))
    for trait in piece.traits:
        if trait in caption_words.TRAIT_WORDS and chance() < (
            0.25 if trait in ("soft", "bassy") else 0.45
        ):
            features.append(choices.choice(caption_words.TRAIT_WORDS[trait]))
    density = piece.drum_density
    if density != "none" and chance() < chances.drums[density]:
        features.append(choices.choice(caption_words.DRUM_WORDS[density]))
    choices.shuffle(features)
    return list(dict.fromkeys(features))[:4]


def _described(piece: Piece, name: str, word: str, choices: randomness.Random) -> str:
    if " " in word or choices.random() < 0.65:
        return word
    family = INSTRUMENTS[name].family
    adjectives = []
    if piece.mood == "groovy" or piece.style in _GROOVY_STYLES:
        adjectives.append("groovy")
    if family in ("bass", "keys", "strings", "reeds"):
        adjectives.append("warm")
    if family == "guitar" and "loud guitars" in piece.traits:
        adjectives.append("loud")
    if name == "distorted guitar":
        adjectives.append("distorted")
    if piece.mood in ("sad", "calm", "dreamy", "happy"):
        adjectives.append(piece.mood)
    return f"{choices.choice(adjectives)} {word}" if adjectives else word


def _played(piece: Piece, facts: Facts, choices: randomness.Random, chances: CaptionChances) -> str:
    """Say what plays, and what doesn't, to follow the style."""
    features = _features(piece, facts, choices, chances)
    text = _listed(features, choices) if features else ""
    if piece.drum_density == "none" and choices.random() < chances.drums["none"]:
        text += choices.choice(_DRUMLESS)
    elif piece.lead is None and choices.random() < 0.12:
        text += choices.choice((", no melody", " without melody", ", backing track", ", no lead"))
    return text


def _listed(features: list[str], choices: randomness.Random) -> str:
    if choices.random() < 0.25:
        return "".join(f", {each}" for each in features)
    opening = choices.choice(("with", "with", "with", "featuring", "that has", "with"))
    listed = ", ".join(features[:-1])
    return f" {opening} " + (f"{listed} and {features[-1]}" if listed else features[-1])


def _request(piece: Piece, facts: Facts, style: str, choices: randomness.Random) -> str:
    """Return what people ask of a remix: in comparative forms, which mean the plain trait."""
    asked = []
    if style:
        if piece.style in caption_words.STYLE_COMPARATIVES and choices.random() < 0.5:
            form = choices.choice(_REQUESTS)
            asked.append(form.format(choices.choice(caption_words.STYLE_COMPARATIVES[piece.style])))
        else:
            asked.append(choices.choice(_STYLE_REQUESTS).format(style))
    extras = [choices.choice(caption_words.MOOD_COMPARATIVES[piece.mood])]
    if facts.tempo in ("slow", "fast"):
        extras.append(choices.choice(caption_words.TEMPO_COMPARATIVES[facts.tempo]))
    extras.append(choices.choice(caption_words.DRUM_REQUESTS[piece.drum_density]))
    if facts.lead:
        word = _name(facts.lead, choices)
        extras.append(choices.choice((f"add {word}", f"with {word}", f"more {word}",
                                      f"new melody on {word}")))  # fmt: skip
    choices.shuffle(extras)
    if not asked:
        first = extras.pop()
        is_plain = first.split()[0] in ("add", "with", "remove", "take", "drop", "no", "without")
        asked.append(first if is_plain or "drums" in first
                     else choices.choice(_REQUESTS).format(first))  # fmt: skip
    if choices.random() < 0.5:
        asked.append(extras[0])
    return choices.choice((", ", " and ", ", ")).join(asked)
