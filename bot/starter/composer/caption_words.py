"""The English words that captions choose from."""

STYLE_WORDS: dict[str, tuple[str, ...]] = {
    "rock": ("rock", "rock", "rock and roll", "classic rock", "rock'n'roll"),
    "90s rock": ("90s rock", "90s rock", "grunge", "alternative rock", "90s alternative rock",
                 "1990s rock", "nineties rock", "90s grunge"),
    "punk": ("punk", "punk", "punk rock"),
    "metal": ("metal", "metal", "heavy metal"),
    "blues": ("blues", "blues", "blues shuffle", "12 bar blues"),
    "country": ("country", "country", "country and western"),
    "reggae": ("reggae", "reggae", "roots reggae"),
    "jazz": ("jazz", "jazz", "swing jazz", "jazz swing"),
    "bossa nova": ("bossa nova", "bossa nova", "bossa", "brazilian bossa nova"),
    "latin": ("latin", "latin", "salsa", "afro-cuban", "latin salsa"),
    "funk": ("funk", "funk", "funky", "funk groove"),
    "soul": ("soul", "soul", "r&b", "soul r&b", "rhythm and blues"),
    "disco": ("disco", "disco", "disco dance"),
    "hip hop": ("hip hop", "hip hop", "hip-hop", "hiphop", "boom bap", "rap"),
    "lo-fi": ("lo-fi", "lofi", "lofi hip hop", "lo-fi hip hop", "lofi chill", "chillhop",
              "lo fi"),
    "80s pop": ("80s pop", "80s pop", "synthpop", "synth pop", "80s synth pop", "1980s pop",
                "eighties pop", "pop"),
    "synthwave": ("synthwave", "synthwave", "retrowave", "outrun", "80s synthwave"),
    "techno": ("techno", "techno", "techno", "techno club"),
    "house": ("house", "house", "deep house", "house dance"),
    "trance": ("trance", "trance", "edm"),
    "drum and bass": ("drum and bass", "drum and bass", "drum'n'bass", "dnb", "drum & bass",
                      "jungle", "d&b"),
    "chiptune": ("chiptune", "chiptune", "8-bit", "8 bit", "video game", "retro game", "8bit"),
    "ambient": ("ambient", "ambient", "atmospheric", "ambient drone", "ambient soundscape"),
    "classical": ("classical", "classical", "classical chamber"),
    "waltz": ("waltz", "waltz", "viennese waltz"),
    "folk": ("folk", "folk", "acoustic folk", "indie folk"),
    "orchestral": ("orchestral", "orchestral", "cinematic", "cinematic orchestral",
                   "film score", "epic orchestral", "movie soundtrack", "epic cinematic",
                   "symphonic"),
    "celtic": ("celtic", "celtic", "irish", "irish jig", "celtic jig", "irish folk", "jig"),
    "trap": ("trap", "trap", "trap beat", "808 trap"),
    "ballad": ("ballad", "ballad", "pop ballad", "slow ballad", "love ballad"),
}  # fmt: skip
ERA_WORDS: dict[str, tuple[str, ...]] = {
    "50s": ("50s", "1950s", "fifties"),
    "60s": ("60s", "60s", "1960s", "sixties", "60's"),
    "70s": ("70s", "70s", "1970s", "seventies", "70's"),
    "80s": ("80s", "80s", "1980s", "eighties", "80's"),
    "90s": ("90s", "90s", "1990s", "nineties", "90's"),
    "modern": ("modern", "modern", "contemporary"),
}  # fmt: skip
MOOD_WORDS: dict[str, tuple[str, ...]] = {
    "happy": ("happy", "cheerful", "upbeat", "joyful", "bright", "uplifting", "fun", "sunny",
              "playful"),
    "warm": ("warm", "gentle", "sweet", "hopeful", "romantic", "tender"),
    "dark": ("dark", "moody", "brooding", "tense", "sinister", "mysterious", "gloomy"),
    "sad": ("sad", "melancholic", "melancholy", "emotional", "sorrowful", "lonely", "somber"),
    "energetic": ("energetic", "driving", "powerful", "lively", "high energy", "exciting",
                  "epic"),
    "aggressive": ("aggressive", "angry", "fierce", "intense", "brutal", "furious"),
    "calm": ("calm", "peaceful", "quiet", "mellow", "serene", "soothing", "tranquil"),
    "relaxing": ("relaxing", "chill", "relaxed", "laid-back", "easygoing", "smooth"),
    "groovy": ("groovy", "danceable", "catchy", "groovy"),
    "dreamy": ("dreamy", "ethereal", "floating", "spacey", "hypnotic"),
    "steady": ("steady",),
}  # fmt: skip
# The first name of an instrument that plays melodies is its alone: no other is called by it.
INSTRUMENT_WORDS: dict[str, tuple[str, ...]] = {
    "electric piano": ("electric piano", "rhodes", "keys"),
    "organ": ("organ", "hammond organ"),
    "acoustic guitar": ("acoustic guitar", "guitar", "guitars"),
    "nylon guitar": ("nylon guitar", "guitar", "spanish guitar"),
    "electric guitar": ("electric guitar", "guitar", "clean guitar", "guitars"),
    "muted guitar": ("guitar", "rhythm guitar"),
    "overdriven guitar": ("overdriven guitar", "guitar", "guitars"),
    "distorted guitar": ("distorted guitar", "guitars", "distorted guitars", "electric guitars",
                         "heavy guitars", "guitar"),
    "double bass": ("double bass", "upright bass", "bass"),
    "bass guitar": ("bass guitar", "bass", "electric bass"),
    "picked bass": ("bass guitar", "bass"),
    "slap bass": ("slap bass", "bass", "funky bass"),
    "synth bass": ("synth bass", "bass", "synth"),
    "deep bass": ("deep bass", "bass", "bassline"),
    "square bass": ("square wave bass", "bass"),
    "fretless bass": ("fretless bass", "bass"),
    "acid bass": ("acid bass", "acid synth bass", "bass"),
    "french horn": ("french horn", "horn", "horns"),
    "tin whistle": ("tin whistle", "whistle", "irish whistle"),
    "strings": ("strings", "string section", "string ensemble"),
    "synth strings": ("synth strings", "synth", "synths"),
    "muted trumpet": ("muted trumpet",),
    "brass": ("brass", "horns", "horn section"),
    "synth brass": ("synth brass", "synth", "synths", "synthesizer"),
    "saxophone": ("saxophone", "sax", "saxophone"),
    "violin": ("violin", "fiddle"),
    "square lead": ("square lead", "square wave", "8-bit synth"),
    "saw lead": ("saw lead", "synth", "synths", "synthesizer"),
    "synth lead": ("synth lead", "synth", "lead synth", "synthesizer"),
    "synth stab": ("synth stabs", "synth", "synths"),
    "synth pad": ("synth pad", "pads", "warm pads", "synth"),
    "bowed pad": ("pad", "pads", "soft pads"),
    "vibraphone": ("vibraphone", "vibes"),
    "bells": ("bells", "tubular bells"),
}  # fmt: skip
DRUM_WORDS: dict[str, tuple[str, ...]] = {
    "light": ("light drums", "light drums", "sparse drums", "sparse drums", "soft drums",
              "simple drums", "quiet drums", "gentle drums", "brushed drums", "a light beat",
              "a little drumming", "light percussion", "sparse percussion", "soft percussion",
              "a little percussion"),
    "steady": ("drums", "drums", "steady drums", "a steady beat", "a drum beat", "percussion",
               "steady percussion", "drums and percussion"),
    "dense": ("dense drums", "busy drums", "dense drum beats", "intense drums", "driving drums",
              "lots of drums", "fast drums", "dense drumming", "busy percussion",
              "lots of percussion"),
    "none": ("no drums", "no drums", "no percussion", "no beat"),
}  # fmt: skip
TRAIT_WORDS: dict[str, tuple[str, ...]] = {
    "loud guitars": ("loud guitars", "loud guitar", "big guitars"),
    "heavy drums": ("heavy drums", "loud drums", "big drums", "hard-hitting drums"),
    "bassy drums": ("bassy drums", "deep drums", "a heavy kick", "punchy bassy drums"),
    "bassy": ("heavy bass", "loud bass", "big bass", "strong bass"),
    "soft": ("a soft sound", "soft sound", "a gentle sound"),
    "arpeggios": ("arpeggios", "an arpeggio", "arpeggiated chords", "broken chords"),
}  # fmt: skip
NOUNS: tuple[str, ...] = (
    "song", "song", "track", "track", "music", "beat", "clip", "tune", "loop", "instrumental",
    "jam", "piece",
)  # fmt: skip
ASKS: tuple[str, ...] = (
    "please make", "give me", "I want", "make me", "make", "generate", "create", "play",
    "can you make", "I'd like", "compose", "write", "I need", "let's hear", "could you create",
    "please generate", "do",
)  # fmt: skip
KEYS: tuple[str, ...] = (
    "C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B",
)  # fmt: skip
SHARP_KEYS: tuple[str, ...] = (
    "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
)  # fmt: skip
TEMPOS: dict[str, tuple[str, ...]] = {
    "slow": ("slow", "slow", "slow tempo"),
    "mid": ("mid-tempo", "medium tempo"),
    "fast": ("fast", "fast", "up-tempo", "fast-paced"),
}  # fmt: skip
ACTIVITY_WORDS: dict[str, tuple[str, ...]] = {
    "busy": ("busy", "dense", "complex", "full"),
    "sparse": ("minimal", "sparse", "minimalist", "simple", "stripped-down"),
}  # fmt: skip
STYLE_COMPARATIVES: dict[str, tuple[str, ...]] = {
    "jazz": ("jazzier",),
    "rock": ("rockier",),
    "funk": ("funkier",),
    "blues": ("bluesier",),
    "folk": ("folkier",),
    "punk": ("punkier",),
    "soul": ("more soulful",),
    "latin": ("more latin",),
    "orchestral": ("more cinematic", "more epic"),
    "lo-fi": ("more lo-fi",),
    "trap": ("trappier",),
}  # fmt: skip
MOOD_COMPARATIVES: dict[str, tuple[str, ...]] = {
    "happy": ("happier", "brighter", "more cheerful", "more upbeat"),
    "warm": ("warmer", "sweeter", "gentler"),
    "dark": ("darker", "moodier", "more sinister"),
    "sad": ("sadder", "more melancholic", "more emotional"),
    "energetic": ("more energetic", "livelier", "more powerful", "more driving"),
    "aggressive": ("harder", "more aggressive", "angrier", "more intense"),
    "calm": ("calmer", "quieter", "more peaceful", "mellower"),
    "relaxing": ("more relaxed", "more chill", "more relaxing", "smoother"),
    "groovy": ("groovier", "more danceable", "catchier"),
    "dreamy": ("dreamier", "more dreamy", "more ethereal"),
    "steady": ("steadier",),
}  # fmt: skip
TEMPO_COMPARATIVES: dict[str, tuple[str, ...]] = {
    "slow": ("slower", "much slower", "a bit slower"),
    "mid": ("mid-tempo",),
    "fast": ("faster", "much faster", "a bit faster", "quicker"),
}  # fmt: skip
DRUM_REQUESTS: dict[str, tuple[str, ...]] = {
    "none": ("remove the drums", "take out the drums", "without the drums", "no drums",
             "drop the drums"),
    "light": ("softer drums", "lighter drums", "fewer drums"),
    "steady": ("add drums", "with drums"),
    "dense": ("more drums", "busier drums", "denser drums", "harder drums", "add more drums"),
}  # fmt: skip
FILLERS: tuple[str, ...] = (
    "please", "thanks", "thank you", "for my video", "for my game", "for a friend",
    "something good", "if you can", "like that", "you know", "for tonight", "just for fun",
    "as you like", "original", "new",
)  # fmt: skip
