"""Progressions that many styles share, as scale degrees, one bar a word."""

POP_MAJOR = (
    "I V vi IV", "I vi IV V", "I IV vi V", "I iii IV V", "I IV I V", "I V IV V", "I vi ii V",
    "I IV V IV", "I V,IV vi IV", "I iii vi IV", "I V vi iii IV I IV V", "I vi IV I,V",
    "I I IV V", "I ii IV V", "I Vsus,V vi IV", "IV V I vi", "IV I V vi", "I IV ii V",
)  # fmt: skip
POP_MINOR = (
    "i bVI bIII bVII", "i bVII bVI bVII", "i iv bVI V", "i bVI iv V", "i bIII bVII bVI",
    "i v bVI bVII", "i bVI bVII i", "i iv bVII bIII", "i bVII bVI V", "i bIII bVI bVII",
    "i iv i V", "i bVI bIII,bVII bVI", "i v iv V", "bVI bVII i i", "i i bVI bVII",
    "i bVII iv bVI", "i iv bIII bVII", "i bVI iv bVII",
)  # fmt: skip
ROCK_MAJOR = (
    "I bVII IV I", "I IV V IV", "I V IV IV", "I I IV V", "I IV bVII IV", "I bIII IV I",
    "I bVII bVI bVII", "I IV I V", "I V bVII IV", "I IV,V I IV,V", "I I bVII IV", "I vi IV V",
    "I V vi IV", "I ii IV I", "I,IV I,V I,IV V", "I bVII I IV",
)  # fmt: skip
ROCK_MINOR = (
    "i bVII bVI bVII", "i bIII bVII IV", "i bVI bVII i", "i bVII iv i", "i bIII IV bVI",
    "i i bVII IV", "i iv bVII i", "i v bVI bVII", "i bVI bIII bVII", "i,bVII bVI,bVII i bVII",
)  # fmt: skip
POWER_MAJOR = (
    "I5 IV5 V5 IV5", "I5 V5 vi5 IV5", "I5 I5 IV5 V5", "I5 bVII5 IV5 I5", "I5 IV5 I5 V5",
    "I5 vi5 IV5 V5", "I5 V5 IV5 V5", "I5 iii5 IV5 V5", "I5 IV5,V5 I5 IV5,V5", "I5 ii5 IV5 V5",
    "I5,V5 vi5,IV5 I5,V5 IV5", "I5 IV5 vi5 V5", "I5 bIII5 IV5 bVII5", "I5 IV5 bVI5 V5",
)  # fmt: skip
POWER_MINOR = (
    "i5 bVI5 bIII5 bVII5", "i5 iv5 bVI5 bVII5", "i5 bIII5 iv5 bVI5", "i5 bVI5 bVII5 i5",
    "i5 bVII5 bVI5 v5", "i5 i5 bVI5 v5", "i5 bIII5 bVII5 iv5", "i5 v5 bVI5 iv5",
    "i5,bIII5 iv5,bVI5 i5,bIII5 bVII5", "i5 bVII5 iv5 bVI5", "i5 i5 bIII5 iv5",
    "i5 bVI5 iv5 bVII5",
)  # fmt: skip
METAL_MINOR = (
    "i5 i5 bII5 i5", "i5 bVI5 bVII5 i5", "i5 i5 bIII5 bII5", "i5 bV5 iv5 bII5",
    "i5 bVI5 iv5 bVII5", "i5 bII5 i5 bVII5", "i5 i5 bVI5 bVII5", "i5 bIII5 bV5 iv5",
    "i5 iv5 bVI5 V5", "i5,bII5 i5,bVII5 bVI5 bVII5", "i5 bVI5 bIII5 bVII5", "i5 i5 i5 bVI5,bVII5",
    "i5 bVII5 bVI5 V5", "i5 bIII5 bVI5 bII5",
)  # fmt: skip
JAZZ_MAJOR = (
    "Imaj7 vi7 ii7 V7", "ii7 V7 Imaj7 vi7", "Imaj7 IVmaj7 iii7 VI7", "ii7 V7 iii7,VI7 ii7,V7",
    "Imaj7,vi7 ii7,V7 Imaj7,vi7 ii7,V7", "Imaj7 VI7 ii7 V7", "Imaj7 I7 IVmaj7 iv7",
    "Imaj7 iii7,VI7 ii7 V7", "ii7 V7 Imaj7 Imaj7", "Imaj7 II7 ii7 V7",
    "Imaj7 ii7,V7 Imaj7 I7 IVmaj7 iv7 iii7,VI7 ii7,V7", "Imaj7 vii7,III7 vi7 V7",
    "iii7 VI7 ii7 V7", "I7 IV7 I7 VI7,V7", "Imaj7 Imaj7 ii7 V7",
    "Imaj7 vim7b5,II7 ii7,V7 Imaj7",
)  # fmt: skip
JAZZ_MINOR = (
    "i7 iv7 iim7b5 V7", "i7 bVImaj7 iim7b5 V7", "i7 iim7b5,V7 i7 iim7b5,V7", "i7 i7 iv7 V7",
    "iim7b5 V7 i7 i7", "i7 iv7 bVII7 bIIImaj7", "i7 vim7b5 iim7b5 V7",
    "iv7 bVII7 bIIImaj7 bVImaj7 iim7b5 V7 i7 i7", "i7 bVI7,V7 i7 bVI7,V7", "i7 bVII7 bVI7 V7",
    "i7 IV7 i7 V7", "i7 iv7 i7 iim7b5,V7",
)  # fmt: skip
SOUL_MAJOR = (
    "Imaj7 vi7 ii7 V7", "Imaj7 iii7 IVmaj7 V7", "I IV I IV", "Imaj7 IVmaj7 iii7 ii7",
    "Imaj7 iii7 vi7 ii7,V7", "I I7 IV iv", "Imaj7 ii7 iii7 IVmaj7", "vi7 ii7 V7 Imaj7",
    "Imaj7 IVmaj7 ii7 Vsus", "IVmaj7 iii7 ii7 Imaj7", "Imaj7 vi7 IVmaj7 Vsus,V7",
    "Imaj7 V7 vi7 IVmaj7", "I iii7 IV ii7,V7", "ii7 iii7 IVmaj7 V7",
)  # fmt: skip
SOUL_MINOR = (
    "i7 iv7 bVII7 bIIImaj7", "i7 bVImaj7 iv7 v7", "i7 iv7 i7 v7", "i7 IV7 i7 IV7",
    "i7 bIIImaj7 iv7 v7", "i7 v7 bVImaj7 bVII7", "i7 iv7 bVImaj7 V7", "i7 bVII7 bVImaj7 v7",
    "i7 iv7 iim7b5 V7", "i7 bVImaj7 bIIImaj7 bVII7", "i7 i7 iv7 v7", "bVImaj7 v7 i7 i7",
)  # fmt: skip
FOLK_MAJOR = (
    "I V vi IV", "I IV I V", "I IV V I", "I vi IV V", "I V IV I", "I ii V I", "I IV I,V I",
    "I I V V", "I V I V", "I I IV I IV I V I", "I iii IV V", "IV I V I", "I V IV V",
    "I,V vi,IV I,V I",
)  # fmt: skip
FOLK_MINOR = (
    "i bVII bVI bVII", "i bIII bVII i", "i bVII i bVII", "i iv i V", "i bVI bVII i",
    "i bVII bIII iv", "i v bVI bVII", "i iv bVII i", "i i bVII bVII", "i bIII bVII iv",
    "i bVI bIII bVII",
)  # fmt: skip
CLASSICAL_MAJOR = (
    "I IV V I", "I vi ii V", "I V vi V", "I ii V I", "I,IV I,V I,IV V,I", "I V7 I V",
    "I vi IV V", "I IV,ii V I", "I III7 vi ii,V7", "I V,vi IV V", "I V I IV I V7 vi V7",
    "I iii vi ii,V", "I,V vi,iii IV,I IV,V", "I I7 IV V7", "I II7 V V7", "vi ii V I",
)  # fmt: skip
CLASSICAL_MINOR = (
    "i iv V i", "i bVI iv V", "i V i V", "i iim7b5 V i", "i,iv V,i iv V", "i bVII bIII V",
    "i v bVI V", "i V7 i iv V i iv V", "i iv bVII bIII bVI iim7b5 V i", "i bVI iim7b5 V",
    "i i7 iv V", "i bIII iv V",
)  # fmt: skip
CLUB_MINOR = (
    "i i i i", "i i bVI bVII", "i7 bVII7 bVImaj7 v7", "i7 i7 iv7 iv7", "i bVI bIII bVII",
    "i i iv iv", "i7 iv7 i7 v7", "i bVII bVI bVII", "i7 v7 bVImaj7 iv7", "i i bIII bVII",
    "i7 bIIImaj7 iv7 bVImaj7", "i bVI i bVII", "bVI bVII i i", "i7 iv7 bVII7 bIIImaj7",
)  # fmt: skip
CLUB_MAJOR = (
    "Imaj7 vi7 IVmaj7 V7", "I vi IV IV", "Imaj7 iii7 vi7 IVmaj7", "I V vi IV", "I IV vi V",
    "Imaj7 IVmaj7 Imaj7 IVmaj7", "vi7 V IVmaj7 V", "ii7 iii7 IVmaj7 V", "Imaj7 ii7 iii7 ii7",
    "I Vsus vi IV",
)  # fmt: skip
CALM_MAJOR = (
    "Imaj7 IVmaj7 Imaj7 IVmaj7", "Imaj7 iii7 IVmaj7 IVmaj7", "I I IV I", "Imaj7 Imaj7 vi7 vi7",
    "Imaj7 ii7 IVmaj7 Imaj7", "Imaj7 Vsus IVmaj7 IVmaj7", "I Isus I IV", "Imaj7 vi7 iii7 IVmaj7",
    "IVmaj7 Imaj7 IVmaj7 vi7", "I iii IV Vsus",
)  # fmt: skip
CALM_MINOR = (
    "i7 bVImaj7 i7 bVImaj7", "i i bVI bVII", "i7 iv7 i7 iv7", "i bVImaj7 bIII bVII",
    "i7 v7 bVImaj7 iv7", "i isus i bVI", "i7 bIIImaj7 bVImaj7 iv7", "i i iv bVI",
    "i bVII bVImaj7 bVII",
)  # fmt: skip
