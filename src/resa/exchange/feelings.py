"""How people write in a grid how something feels: a number of either scale, a word or a face."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["feelings"]

_WORDS = {
    -2: (
        "awful|terrible|very bad|very negative|very unhappy|angry|frustrated|hate",
        "förfärligt|mycket dåligt|mycket negativ|arg|frustrerad",
        "forferdelig|veldig dårlig|veldig negativ|sint|frustrert",
        "szörnyű|nagyon rossz|nagyon negatív|dühös|frusztrált",
    ),
    -1: (
        "bad|negative|unhappy|sad|annoyed|worried|confused|stressed",
        "dåligt|dålig|negativ|ledsen|irriterad|orolig|förvirrad|stressad",
        "dårlig|negativ|lei seg|irritert|bekymret|forvirret|stresset",
        "rossz|negatív|szomorú|bosszús|aggódó|zavart|ideges",
    ),
    0: (
        "neutral|ok|okay|so-so|indifferent",
        "neutral|medel|likgiltig",
        "nøytral|middels|likegyldig",
        "semleges|közömbös|közepes",
    ),
    1: (
        "good|positive|happy|glad|satisfied|pleased|curious|hopeful",
        "bra|positiv|glad|nöjd|nyfiken|hoppfull",
        "god|bra|positiv|glad|fornøyd|nysgjerrig|håpefull",
        "jó|pozitív|boldog|elégedett|kíváncsi|reménykedő",
    ),
    2: (
        "delighted|delightful|great|excellent|very good|very positive|very happy|love|excited",
        "underbart|mycket bra|mycket positiv|mycket nöjd|förtjust|lycklig",
        "fantastisk|veldig bra|veldig positiv|veldig fornøyd|lykkelig|begeistret",
        "nagyon jó|nagyon pozitív|nagyon boldog|kiváló|elragadtatott|lelkes",
    ),
}
"""In English, Swedish, Norwegian and Hungarian."""

_FACES = {
    -2: "😡😠🤬😭😫😩😱😤☹",
    -1: "😞😟🙁😕😢😒😔😣😖👎",
    0: "😐😑😶",
    1: "🙂😊😀😃☺👍😌",
    2: "😍🤩😁😄🥰🎉❤",
}
_SMILEYS = {":-(": -1, ":(": -1, ":-|": 0, ":|": 0, ":-)": 1, ":)": 1, ":-D": 2, ":D": 2, ">:(": -2}
_SIGNS = {"--": -2, "-": -1, "0": 0, "+": 1, "++": 2, "+/-": 0}
_MEANINGS = {word: value for value, said in _WORDS.items() for words in said for word in words.split("|")}
_MINUS = str.maketrans("−–—", "---")


def feelings(texts: Sequence[str]) -> tuple[list[int | None], bool]:
    """What the cells of a lane say, -2 to +2 each, `None` where that is not clear; and whether they were 1 to 5.

    A lane of numbers is read as 1 (awful) to 5 (delightful) if none is below 1 and one is above 2.
    """
    numbers = [_number(text) for text in texts]
    known = [number for number in numbers if number is not None]
    five = bool(known) and min(known) >= 1 and 2 < max(known) <= 5
    shift = 3 if five else 0
    found: list[int | None] = []
    for text, number in zip(texts, numbers, strict=True):
        value = _meaning(text) if number is None else number - shift
        whole = value is not None and value == int(value) and -2 <= value <= 2
        found.append(int(value) if whole and value is not None else None)
    return found, five


def _number(text: str) -> float | None:
    plain = text.strip().translate(_MINUS).replace(",", ".")
    return float(plain) if re.fullmatch(r"[+-]?\d+(\.\d+)?", plain) else None


def _meaning(text: str) -> int | None:
    plain = text.strip().translate(_MINUS)
    if plain in _SIGNS:
        return _SIGNS[plain]
    if plain in _SMILEYS:
        return _SMILEYS[plain]
    low = " ".join(plain.casefold().strip(" .!").split())
    if low in _MEANINGS:
        return _MEANINGS[low]
    faces = {value for value, signs in _FACES.items() for sign in signs if sign in plain}
    return faces.pop() if len(faces) == 1 else None
