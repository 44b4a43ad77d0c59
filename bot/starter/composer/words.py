"""The words that captions choose from, English and Chinese."""

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
    "lo-fi": ("lo-fi", "lofi", "lofi hip hop", "lo-fi hip hop", "lofi chill", "chillhop", "lo fi"),
    "80s pop": ("80s pop", "80s pop", "synthpop", "synth pop", "80s synth pop", "1980s pop",
                "eighties pop", "pop"),
    "synthwave": ("synthwave", "synthwave", "retrowave", "outrun", "80s synthwave"),
    "techno": ("techno", "techno", "techno", "dark techno"),
    "house": ("house", "house", "deep house", "house dance"),
    "trance": ("trance", "trance", "edm"),
    "drum and bass": ("drum and bass", "drum and bass", "drum'n'bass", "dnb", "drum & bass",
                      "jungle", "d&b"),
    "chiptune": ("chiptune", "chiptune", "8-bit", "8 bit", "video game", "retro game", "8bit"),
    "ambient": ("ambient", "ambient", "atmospheric", "ambient drone", "ambient soundscape"),
    "classical": ("classical", "classical", "classical chamber"),
    "waltz": ("waltz", "waltz", "viennese waltz"),
    "folk": ("folk", "folk", "acoustic folk", "indie folk"),
}  # fmt: skip

STYLE_WORDS_ZH: dict[str, tuple[str, ...]] = {
    "rock": ("摇滚", "摇滚", "摇滚乐", "经典摇滚"),
    "90s rock": ("90年代摇滚", "90s摇滚", "九十年代摇滚", "垃圾摇滚", "另类摇滚"),
    "punk": ("朋克", "朋克", "朋克摇滚"),
    "metal": ("金属", "重金属", "金属摇滚"),
    "blues": ("布鲁斯", "蓝调"),
    "country": ("乡村", "乡村音乐"),
    "reggae": ("雷鬼", "雷鬼"),
    "jazz": ("爵士", "爵士", "爵士乐", "摇摆爵士"),
    "bossa nova": ("波萨诺瓦", "巴萨诺瓦"),
    "latin": ("拉丁", "拉丁", "萨尔萨"),
    "funk": ("放克", "放克"),
    "soul": ("灵魂乐", "灵魂", "R&B"),
    "disco": ("迪斯科", "迪斯科"),
    "hip hop": ("嘻哈", "嘻哈", "说唱", "hiphop"),
    "lo-fi": ("lofi", "低保真", "lo-fi"),
    "80s pop": ("80年代流行", "80s流行", "八十年代流行", "合成器流行", "流行"),
    "synthwave": ("合成器浪潮", "synthwave", "复古电子"),
    "techno": ("techno", "科技舞曲", "泰克诺"),
    "house": ("浩室", "house", "浩室舞曲"),
    "trance": ("迷幻舞曲", "trance", "电子舞曲"),
    "drum and bass": ("鼓打贝斯", "drum and bass", "dnb"),
    "chiptune": ("8bit", "芯片音乐", "8位机", "游戏", "红白机"),
    "ambient": ("氛围", "氛围", "环境"),
    "classical": ("古典", "古典", "古典乐"),
    "waltz": ("华尔兹", "圆舞曲"),
    "folk": ("民谣", "民谣", "原声民谣"),
}

ERA_WORDS = {
    "50s": ("50s", "1950s", "fifties"),
    "60s": ("60s", "60s", "1960s", "sixties", "60's"),
    "70s": ("70s", "70s", "1970s", "seventies", "70's"),
    "80s": ("80s", "80s", "1980s", "eighties", "80's"),
    "90s": ("90s", "90s", "1990s", "nineties", "90's"),
    "modern": ("modern", "modern", "contemporary"),
}
ERA_WORDS_ZH = {
    "50s": ("50年代", "50s", "五十年代"),
    "60s": ("60年代", "60s", "六十年代"),
    "70s": ("70年代", "70s", "七十年代"),
    "80s": ("80年代", "80s", "80s", "八十年代"),
    "90s": ("90年代", "90s", "90s", "九十年代"),
    "modern": ("现代", "当代"),
}

MOOD_WORDS = {
    "happy": ("happy", "cheerful", "upbeat", "joyful", "bright"),
    "warm": ("warm", "gentle", "sweet", "hopeful"),
    "dark": ("dark", "moody", "brooding", "tense"),
    "sad": ("sad", "melancholic", "melancholy", "emotional"),
    "energetic": ("energetic", "driving", "powerful", "lively", "high energy"),
    "aggressive": ("aggressive", "angry", "fierce", "intense"),
    "calm": ("calm", "peaceful", "quiet", "mellow"),
    "relaxing": ("relaxing", "chill", "relaxed", "laid-back"),
    "groovy": ("groovy", "funky", "danceable", "catchy"),
    "dreamy": ("dreamy", "ethereal", "floating"),
    "steady": ("steady",),
}
MOOD_WORDS_ZH = {
    "happy": ("欢快", "快乐", "开心", "明快"),
    "warm": ("温暖", "温柔", "甜美"),
    "dark": ("黑暗", "阴沉", "紧张"),
    "sad": ("悲伤", "忧伤", "伤感"),
    "energetic": ("充满活力", "激昂", "有力", "动感"),
    "aggressive": ("激烈", "愤怒", "凶猛"),
    "calm": ("平静", "安静", "宁静"),
    "relaxing": ("放松", "轻松", "舒缓"),
    "groovy": ("律动", "有节奏感", "动感"),
    "dreamy": ("梦幻", "空灵"),
    "steady": ("平稳",),
}

INSTRUMENT_WORDS: dict[str, tuple[str, ...]] = {
    "electric piano": ("electric piano", "rhodes", "keys"),
    "organ": ("organ", "hammond organ"),
    "acoustic guitar": ("acoustic guitar", "guitar", "guitars"),
    "nylon guitar": ("nylon guitar", "guitar", "spanish guitar"),
    "electric guitar": ("electric guitar", "guitar", "clean guitar", "guitars"),
    "muted guitar": ("guitar", "rhythm guitar", "electric guitar"),
    "overdriven guitar": ("overdriven guitar", "electric guitar", "guitar", "guitars"),
    "distorted guitar": (
        "distorted guitar",
        "guitars",
        "distorted guitars",
        "electric guitars",
        "heavy guitars",
        "guitar",
    ),
    "double bass": ("double bass", "upright bass", "bass"),
    "bass guitar": ("bass guitar", "bass", "electric bass"),
    "picked bass": ("bass guitar", "bass"),
    "slap bass": ("slap bass", "bass", "funky bass"),
    "synth bass": ("synth bass", "bass", "synth"),
    "deep bass": ("deep bass", "bass", "bassline"),
    "square bass": ("square wave bass", "bass"),
    "strings": ("strings", "string section"),
    "synth strings": ("synth strings", "synth", "synths"),
    "muted trumpet": ("muted trumpet", "trumpet"),
    "brass": ("brass", "horns", "horn section"),
    "synth brass": ("synth brass", "synth", "synths", "synthesizer"),
    "saxophone": ("saxophone", "sax", "saxophone"),
    "violin": ("violin", "fiddle"),
    "square lead": ("square lead", "square wave", "8-bit synth"),
    "saw lead": ("saw lead", "synth", "synth lead", "synths", "synthesizer"),
    "synth lead": ("synth lead", "synth", "lead synth", "synthesizer"),
    "synth stab": ("synth stabs", "synth", "synths"),
    "synth pad": ("synth pad", "pads", "warm pads", "synth"),
    "bowed pad": ("pad", "pads", "soft pads"),
    "vibraphone": ("vibraphone", "vibes"),
    "bells": ("bells", "tubular bells"),
}
INSTRUMENT_WORDS_ZH: dict[str, tuple[str, ...]] = {
    "piano": ("钢琴",), "electric piano": ("电钢琴",), "harpsichord": ("羽管键琴",),
    "bells": ("钟声", "管钟"), "music box": ("八音盒",), "vibraphone": ("颤音琴",),
    "marimba": ("马林巴",), "organ": ("管风琴", "电风琴"), "accordion": ("手风琴",),
    "harmonica": ("口琴",), "acoustic guitar": ("木吉他", "吉他"),
    "nylon guitar": ("古典吉他", "吉他"),
    "electric guitar": ("电吉他", "吉他"), "muted guitar": ("吉他", "节奏吉他"),
    "overdriven guitar": ("过载吉他", "电吉他", "吉他"),
    "distorted guitar": ("失真吉他", "电吉他", "吉他"),
    "double bass": ("低音提琴", "贝斯"), "bass guitar": ("贝斯",), "picked bass": ("贝斯",),
    "slap bass": ("拍弦贝斯", "贝斯"), "synth bass": ("合成贝斯", "贝斯"),
    "deep bass": ("低沉的贝斯", "贝斯"),
    "square bass": ("方波贝斯", "贝斯"), "violin": ("小提琴",), "cello": ("大提琴",),
    "harp": ("竖琴",),
    "strings": ("弦乐",), "synth strings": ("合成弦乐", "合成器"), "choir": ("合唱", "人声合唱"),
    "trumpet": ("小号",), "muted trumpet": ("弱音小号", "小号"), "trombone": ("长号",),
    "brass": ("铜管",),
    "synth brass": ("合成铜管", "合成器"), "saxophone": ("萨克斯", "萨克斯风"),
    "clarinet": ("单簧管",), "flute": ("长笛",), "pan flute": ("排箫",), "square lead": ("方波",),
    "saw lead": ("合成器",), "synth lead": ("合成器", "合成器主音"), "synth stab": ("合成器",),
    "synth pad": ("合成器铺底", "合成器"), "bowed pad": ("铺底音色",), "sitar": ("西塔琴",),
    "banjo": ("班卓琴",), "steel drums": ("钢鼓",), "kalimba": ("拇指琴", "卡林巴"),
}  # fmt: skip

DRUM_WORDS = {
    "light": ("light drums", "soft drums", "simple drums", "sparse drums"),
    "steady": ("drums", "steady drums", "a steady beat", "a drum beat"),
    "dense": ("dense drums", "busy drums", "dense drum beats", "intense drums", "driving drums"),
}
DRUM_WORDS_ZH = {
    "light": ("轻柔的鼓点", "简单的鼓点", "稀疏的鼓点"),
    "steady": ("稳定的鼓点", "鼓点", "鼓"),
    "dense": ("密集的鼓点", "很密集的鼓点", "激烈的鼓点", "密集的鼓"),
}

TRAIT_WORDS = {
    "loud guitars": ("loud guitars", "loud guitar", "big guitars"),
    "heavy drums": ("heavy drums", "loud drums", "big drums", "hard-hitting drums"),
    "bassy drums": ("bassy drums", "deep drums", "a heavy kick", "punchy bassy drums"),
    "bassy": ("heavy bass", "loud bass", "big bass", "strong bass"),
    "soft": ("a soft sound", "soft sound", "a gentle sound"),
    "lo-fi": ("lo-fi sound", "a dusty sound", "muffled sound", "a warm lo-fi sound"),
    "spacious": ("lots of reverb", "a spacious sound", "big reverb"),
}
TRAIT_WORDS_ZH = {
    "loud guitars": ("响亮的吉他", "大声的吉他"),
    "heavy drums": ("重鼓", "强劲的鼓", "沉重的鼓点", "很重的鼓"),
    "bassy drums": ("低沉的鼓", "厚重的底鼓", "低音十足的鼓"),
    "bassy": ("厚重的低音", "重低音", "强劲的贝斯"),
    "soft": ("柔和的音色", "轻柔的声音"),
    "lo-fi": ("低保真音色", "复古的音质"),
    "spacious": ("空旷的混响", "很多混响"),
}

NOUNS = ("song", "song", "track", "track", "music", "beat", "clip", "tune", "loop", "instrumental",
         "jam", "piece")  # fmt: skip
ASKS = ("please make", "give me", "I want", "make me", "make", "generate", "create", "play",
        "can you make", "I'd like", "compose")  # fmt: skip
ASKS_ZH = (
    "生成一段",
    "来一首",
    "来一段",
    "请做一段",
    "给我一段",
    "我想要一段",
    "做一首",
    "请生成一段",
)
KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
SHARP_KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
KEYS_ZH = ("C", "升C", "D", "降E", "E", "F", "升F", "G", "降A", "A", "降B", "B")
TEMPOS = {"slow": ("slow", "slow", "slow tempo"), "mid": ("mid-tempo", "medium tempo"),
          "fast": ("fast", "fast", "up-tempo", "fast-paced")}  # fmt: skip
TEMPOS_ZH = {
    "slow": ("慢速", "缓慢", "慢"),
    "mid": ("中速", "中等速度"),
    "fast": ("快速", "快节奏", "快"),
}
