"""English words for music, by meaning."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, str]
"""The words for each name, the usual one first, separated by bars."""

STYLES: Words = {
    "rock": "rock|rock and roll|rock'n'roll|rock n roll|classic rock|alternative rock|indie rock|"
    "hard rock|grunge",
    "punk": "punk|punk rock",
    "metal": "metal|heavy metal|death metal",
    "blues": "blues",
    "country": "country|country and western|bluegrass|americana",
    "reggae": "reggae|dub|ska",
    "jazz": "jazz|swing jazz|jazz swing|bebop|big band|smooth jazz",
    "bossa nova": "bossa nova|bossa|samba",
    "latin": "latin|salsa|afro-cuban|mambo|tango|flamenco|cumbia",
    "funk": "funk",
    "soul": "soul|r&b|rnb|rhythm and blues|motown",
    "gospel": "gospel",
    "disco": "disco",
    "hip hop": "hip hop|hip-hop|hiphop|boom bap|rap",
    "lo-fi": "lo-fi|lofi|lo fi|chillhop|lofi hip hop|lo-fi hip hop",
    "pop": "pop|synthpop|synth pop|k-pop|j-pop",
    "synthwave": "synthwave|retrowave|outrun|vaporwave",
    "techno": "techno|edm|electro|electronic",
    "house": "house|deep house",
    "trance": "trance",
    "drum and bass": "drum and bass|drum'n'bass|drum & bass|dnb|d&b|jungle",
    "dubstep": "dubstep",
    "chiptune": "chiptune|8-bit|8 bit|8bit|video game|retro game",
    "ambient": "ambient|atmospheric|drone|soundscape|new age",
    "classical": "classical|baroque|chamber music|string quartet",
    "waltz": "waltz",
    "folk": "folk",
    "orchestral": "orchestral|cinematic|film score|movie soundtrack|soundtrack|symphonic",
    "celtic": "celtic|irish|irish jig|jig",
    "trap": "trap",
    "ballad": "ballad|power ballad|lullaby",
}
STYLES_MORE: Words = {
    "rock": "rockier|rocky",
    "punk": "punkier",
    "blues": "bluesier|bluesy",
    "jazz": "jazzier|jazzy",
    "funk": "funkier|funky",
    "soul": "soulful|more soulful",
    "folk": "folkier|folky",
    "pop": "poppier|poppy",
    "trap": "trappier",
    "ambient": "more atmospheric",
}
ERAS: Words = {
    "50s": "50s|1950s|fifties|50's",
    "60s": "60s|1960s|sixties|60's",
    "70s": "70s|1970s|seventies|70's",
    "80s": "80s|1980s|eighties|80's",
    "90s": "90s|1990s|nineties|90's",
    "2000s": "2000s|00s|noughties",
    "modern": "modern|contemporary",
}
MOODS: Words = {
    "happy": "happy|cheerful|upbeat|joyful|bright|uplifting|sunny|playful|fun",
    "warm": "warm|gentle|sweet|hopeful|romantic|tender|soft",
    "dark": "dark|moody|brooding|tense|sinister|mysterious|gloomy|scary|spooky",
    "sad": "sad|melancholic|melancholy|sorrowful|lonely|somber|emotional",
    "energetic": "energetic|driving|powerful|lively|high energy|exciting|epic|wild",
    "aggressive": "aggressive|angry|fierce|intense|brutal|furious|hard|heavy",
    "calm": "calm|peaceful|quiet|mellow|serene|soothing|tranquil",
    "relaxing": "relaxing|chill|relaxed|laid-back|easygoing|smooth",
    "groovy": "groovy|danceable|catchy",
    "dreamy": "dreamy|ethereal|floating|spacey|hypnotic",
    "steady": "steady",
    "loud": "loud",
    "busy": "busy|dense|complex",
    "sparse": "minimal|minimalist|sparse|simple|stripped-down",
}
MOODS_MORE: Words = {
    "happy": "happier|brighter",
    "warm": "warmer|gentler|sweeter|softer",
    "dark": "darker|moodier|gloomier|scarier",
    "sad": "sadder",
    "energetic": "livelier|wilder",
    "aggressive": "harder|heavier|angrier",
    "calm": "calmer|quieter|mellower",
    "relaxing": "smoother",
    "groovy": "groovier|catchier",
    "dreamy": "dreamier",
    "steady": "steadier",
    "loud": "louder",
    "busy": "busier|denser",
    "sparse": "simpler|sparser",
}
PACES: Words = {
    "slow": "slow|slowly|downtempo|slow tempo|slow-paced",
    "mid": "mid-tempo|midtempo|medium tempo",
    "fast": "fast|quick|up-tempo|uptempo|fast-paced",
}
PACES_MORE: Words = {
    "slow": "slower",
    "fast": "faster|quicker|speed it up",
}
METERS: Words = {
    "3/4": "3/4|three-four",
    "4/4": "4/4",
    "6/8": "6/8",
    "7/8": "7/8",
}
INSTRUMENTS: Words = {
    "piano": "piano|pianos|grand piano",
    "electric piano": "electric piano|rhodes|keys",
    "harpsichord": "harpsichord",
    "organ": "organ|hammond organ|hammond",
    "guitar": "guitar|guitars|electric guitar|electric guitars|acoustic guitar|acoustic guitars|"
    "nylon guitar|spanish guitar|clean guitar|distorted guitar|distorted guitars|guitar solo|"
    "heavy guitars|big guitars|overdriven guitar",
    "bass": "bass|bass guitar|electric bass|slap bass|synth bass|double bass|upright bass|"
    "bassline|acid bass|deep bass|fretless bass",
    "violin": "violin|violins|fiddle",
    "cello": "cello|cellos",
    "harp": "harp",
    "strings": "strings|string section|string ensemble",
    "choir": "choir|voices",
    "trumpet": "trumpet|trumpets|muted trumpet",
    "trombone": "trombone|trombones",
    "horn": "french horn|horn",
    "brass": "brass|horns|horn section",
    "saxophone": "saxophone|saxophones|sax",
    "clarinet": "clarinet",
    "oboe": "oboe",
    "flute": "flute|flutes|pan flute|panpipes",
    "whistle": "tin whistle|whistle|irish whistle",
    "harmonica": "harmonica",
    "accordion": "accordion",
    "synth": "synth|synths|synthesizer|synthesizers|synth lead|saw lead|square lead|lead synth|"
    "synth stabs",
    "pad": "pad|pads|synth pad|synth pads",
    "arpeggios": "arpeggios|arpeggio|arpeggiated chords",
    "bells": "bells|tubular bells|music box|glockenspiel",
    "vibraphone": "vibraphone|vibes|marimba|xylophone",
    "banjo": "banjo",
    "mandolin": "mandolin",
    "ukulele": "ukulele",
    "sitar": "sitar",
    "steel drums": "steel drums",
    "kalimba": "kalimba",
    "bagpipes": "bagpipes",
    "theremin": "theremin",
}
DRUMS: Words = {
    "some": "drums|drum|drum beat|drumming|percussion|beats|drum beats|kick|snare|hi-hats|808s",
    "none": "drumless",
}
