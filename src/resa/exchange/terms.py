"""What headings of a grid mean, in four languages: the word that is written first, then others that are understood.

Reading knows the words of every language at once, so a Swedish grid with an English heading in it is understood.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from resa.journey_map import normalised

__all__ = ["LANGUAGES", "choice", "lane", "language_of", "understood", "word"]

LANGUAGES = ("en", "sv", "nb", "hu")
"""Of headings and of maps."""

_Words = Mapping[str, Mapping[str, str]]

_LANES: _Words = {
    # key: the words of each language, the first one written, all of them understood
    "stage": {
        "en": "Stage|stages|phase|phases|journey stage|journey phase|step",
        "sv": "Fas|faser|skede|steg i resan",
        "nb": "Fase|faser|steg|trinn",
        "hu": "Szakasz|szakaszok|fázis|fázisok",
    },
    "touchpoint": {
        "en": "Touchpoint|touchpoints|touch points|touch point|steps|process",
        "sv": "Kontaktpunkt|kontaktpunkter|beröringspunkt|beröringspunkter|steg",
        "nb": "Berøringspunkt|berøringspunkter|kontaktpunkt|kontaktpunkter",
        "hu": "Érintkezési pont|érintkezési pontok|érintési pont|érintési pontok|lépés|lépések",
    },
    "picture": {
        "en": "Picture|pictures|image|images|storyboard|screenshot",
        "sv": "Bild|bilder|skärmbild",
        "nb": "Bilde|bilder|skjermbilde",
        "hu": "Kép|képek|képernyőkép",
    },
    "actions": {
        "en": "Actions|action|what customers do|customer actions|doing|user actions|activities|activity",
        "sv": "Handlingar|handling|gör|vad kunden gör|kundens handlingar|aktiviteter|aktivitet",
        "nb": "Handlinger|handling|gjør|hva kunden gjør|kundens handlinger|aktiviteter|aktivitet",
        "hu": "Cselekvések|cselekvés|tevékenységek|tevékenység|mit tesz|az ügyfél cselekvései",
    },
    "motivation": {
        "en": "Motivation|motivations|goals|goal|customer goals|user goals|needs|wants|expectations|jobs to be done",
        "sv": "Motivation|drivkrafter|mål|kundens mål|behov|förväntningar",
        "nb": "Motivasjon|mål|kundens mål|behov|forventninger",
        "hu": "Motiváció|motivációk|célok|cél|az ügyfél céljai|igények|szükségletek|elvárások",
    },
    "questions": {
        "en": "Questions|question|thoughts|thinking|thoughts and questions|thoughts, questions|mindset|mindsets",
        "sv": "Frågor|fråga|tankar|tänker|tankar och frågor|tankar, frågor",
        "nb": "Spørsmål|tanker|tenker|tanker og spørsmål|tanker, spørsmål",
        "hu": "Kérdések|kérdés|gondolatok|gondolatok, kérdések|gondolatok és kérdések|mit gondol",
    },
    "pain_points": {
        "en": "Pain points|pain point|pains|pain|problems|problem|frustrations|barriers|issues|challenges",
        "sv": "Smärtpunkter|smärtpunkt|problem|problempunkter|hinder|frustrationer|utmaningar",
        "nb": "Smertepunkter|smertepunkt|problemer|problem|hindringer|frustrasjoner|utfordringer",
        "hu": "Fájdalompontok|fájdalompont|fájdalmas pontok|fájdalmas pont|problémák|probléma|akadályok|kihívások",
    },
    "emotion.now": {
        "en": "Emotion now|emotion|emotions|feeling|feelings|emotional journey|experience|emotion today|mood|as-is",
        "sv": "Känsla nu|känsla|känslor|känslokurva|upplevelse|nuläge|humör",
        "nb": "Følelse nå|følelse|følelser|følelseskurve|opplevelse|nåsituasjon|humør",
        "hu": "Érzelem most|érzelem|érzelmek|érzelmi görbe|élmény|hangulat|érzés|érzések",
    },
    "emotion.aim": {
        "en": "Emotion aim|aim|emotion to be|to-be emotion|desired emotion|to-be",
        "sv": "Känsla som mål|önskad känsla|börläge",
        "nb": "Følelse som mål|ønsket følelse|ønsket situasjon",
        "hu": "Érzelem célja|kívánt érzelem|célállapot",
    },
    "channel": {
        "en": "Channels|channel|media|device",
        "sv": "Kanaler|kanal|medier",
        "nb": "Kanaler|kanal|medier",
        "hu": "Csatornák|csatorna|média",
    },
    "owner": {
        "en": "Owner|owners|responsible|ownership|internal ownership|team",
        "sv": "Ansvarig|ansvariga|ägare",
        "nb": "Ansvarlig|ansvarlige|eier",
        "hu": "Felelős|felelősök|tulajdonos",
    },
    "moment_of_truth": {
        "en": "Moment of truth|moments of truth|mot",
        "sv": "Sanningens ögonblick",
        "nb": "Sannhetens øyeblikk",
        "hu": "Az igazság pillanata|igazság pillanata",
    },
    "frontstage": {
        "en": "Frontstage|front stage|frontstage actions|visible to the customer|employee actions",
        "sv": "Synligt för kunden|frontstage|synligt",
        "nb": "Synlig for kunden|frontstage|synlig",
        "hu": "Az ügyfél számára látható|látható|frontstage",
    },
    "backstage": {
        "en": "Backstage|back stage|backstage actions|behind the scenes|internal processes",
        "sv": "Bakom kulisserna|backstage|interna processer",
        "nb": "Bak kulissene|backstage|interne prosesser",
        "hu": "Háttérfolyamat|háttérfolyamatok|backstage|a színfalak mögött",
    },
    "support": {
        "en": "Support|support processes|supporting processes|systems|suppliers",
        "sv": "Stödprocesser|stöd|stödjande processer|system|leverantörer",
        "nb": "Støtteprosesser|støtte|systemer|leverandører",
        "hu": "Támogató folyamatok|támogatás|rendszerek|beszállítók",
    },
    "improvements": {
        "en": "Opportunities|opportunity|improvements|improvement|ideas|idea|solutions|recommendations",
        "sv": "Möjligheter|möjlighet|förbättringsmöjligheter|förbättringar|förbättring|idéer|idé|lösningar",
        "nb": "Muligheter|mulighet|forbedringsmuligheter|forbedringer|forbedring|ideer|idé|løsninger",
        "hu": "Lehetőségek|lehetőség|fejlesztési lehetőségek|fejlesztések|fejlesztés|ötletek|ötlet|megoldások",
    },
    "was": {"en": "Formerly|former names", "sv": "Tidigare namn", "nb": "Tidligere navn", "hu": "Korábbi nevek"},
    "key": {
        "en": "Name in the file",
        "sv": "Namn i filen",
        "nb": "Navn i filen",
        "hu": "Név a fájlban",
    },
    "stage_key": {
        "en": "Stage in the file",
        "sv": "Fas i filen",
        "nb": "Fase i filen",
        "hu": "Szakasz a fájlban",
    },
}

_OTHERS: _Words = {
    # sheets
    "sheet.wall": {"en": "Wall", "sv": "Vägg", "nb": "Vegg", "hu": "Fal"},
    "sheet.arrows": {"en": "Expectations", "sv": "Förväntningar", "nb": "Forventninger", "hu": "Elvárások"},
    "sheet.personas": {"en": "Personas", "sv": "Personor", "nb": "Personaer", "hu": "Perszónák"},
    "sheet.channels": {"en": "Channels", "sv": "Kanaler", "nb": "Kanaler", "hu": "Csatornák"},
    "sheet.improvements": {"en": "Improvements", "sv": "Förbättringar", "nb": "Forbedringer", "hu": "Fejlesztések"},
    "sheet.head": {"en": "Map", "sv": "Karta", "nb": "Kart", "hu": "Térkép"},
    "sheet.rest": {
        "en": "Rest of the file",
        "sv": "Resten av filen",
        "nb": "Resten av filen",
        "hu": "A fájl többi része",
    },
    # columns and lines of those sheets, named as in the journey file
    "key": {"en": "Name in the file", "sv": "Namn i filen", "nb": "Navn i filen", "hu": "Név a fájlban"},
    "name": {"en": "Name", "sv": "Namn", "nb": "Navn", "hu": "Név"},
    "kind": {"en": "Kind", "sv": "Sort", "nb": "Type", "hu": "Fajta"},
    "after": {"en": "After", "sv": "Efter", "nb": "Etter", "hu": "Mi után"},
    "next": {"en": "Next", "sv": "Nästa", "nb": "Neste", "hu": "Következő"},
    "within": {"en": "Within", "sv": "Inom", "nb": "Innen", "hu": "Mennyi időn belül"},
    "unless": {"en": "Unless", "sv": "Utom om", "nb": "Med mindre", "hu": "Kivéve ha"},
    "target": {"en": "Target", "sv": "Målnivå", "nb": "Måltall", "hu": "Célérték"},
    "owner": {"en": "Owner", "sv": "Ansvarig", "nb": "Ansvarlig", "hu": "Felelős"},
    "renews": {"en": "Renews", "sv": "Börjar om", "nb": "Begynner på nytt", "hu": "Újraindul"},
    "per": {"en": "Per", "sv": "Per", "nb": "Per", "hu": "Mi szerint"},
    "if_met": {"en": "If met", "sv": "Om uppfylld", "nb": "Hvis oppfylt", "hu": "Ha teljesül"},
    "if_missed": {"en": "If missed", "sv": "Om missad", "nb": "Hvis ikke oppfylt", "hu": "Ha elmarad"},
    "about": {"en": "About", "sv": "Om", "nb": "Om", "hu": "Leírás"},
    "quote": {"en": "Quote", "sv": "Citat", "nb": "Sitat", "hu": "Idézet"},
    "path": {"en": "Planned path", "sv": "Planerad väg", "nb": "Planlagt vei", "hu": "Tervezett útvonal"},
    "picture": {"en": "Picture", "sv": "Bild", "nb": "Bilde", "hu": "Kép"},
    "who": {"en": "Who", "sv": "Vilka", "nb": "Hvem", "hu": "Kik"},
    "cost": {
        "en": "Cost a contact",
        "sv": "Kostnad per kontakt",
        "nb": "Kostnad per kontakt",
        "hu": "Kapcsolatonkénti költség",
    },
    "state": {"en": "State", "sv": "Läge", "nb": "Status", "hu": "Állapot"},
    "since": {"en": "Since", "sv": "Sedan", "nb": "Siden", "hu": "Mióta"},
    "should_move": {"en": "Should move", "sv": "Ska påverka", "nb": "Skal påvirke", "hu": "Mire hasson"},
    "title": {"en": "Title", "sv": "Titel", "nb": "Tittel", "hu": "Cím"},
    "language": {"en": "Language", "sv": "Språk", "nb": "Språk", "hu": "Nyelv"},
    "timezone": {"en": "Time zone", "sv": "Tidszon", "nb": "Tidssone", "hu": "Időzóna"},
    "currency": {"en": "Currency", "sv": "Valuta", "nb": "Valuta", "hu": "Pénznem"},
    "review": {"en": "Review", "sv": "Genomgång", "nb": "Gjennomgang", "hu": "Felülvizsgálat"},
    "reviewed": {"en": "Reviewed", "sv": "Genomgången", "nb": "Gjennomgått", "hu": "Felülvizsgálva"},
    "holidays": {"en": "Holidays", "sv": "Helgdagar", "nb": "Helligdager", "hu": "Munkaszüneti napok"},
    "goal.from": {"en": "Goal from", "sv": "Mål från", "nb": "Mål fra", "hu": "Cél kezdete"},
    "goal.reach": {"en": "Goal reach", "sv": "Mål att nå", "nb": "Mål å nå", "hu": "Cél elérése"},
    "goal.within": {"en": "Goal within", "sv": "Mål inom", "nb": "Mål innen", "hu": "Cél határideje"},
    "goal.target": {"en": "Goal target", "sv": "Mål målnivå", "nb": "Mål måltall", "hu": "Cél célértéke"},
    "for_people": {"en": "Lane", "sv": "Rad", "nb": "Rad", "hu": "Sor"},
    "kept": {
        "en": "Signals, metrics and reactions, as they are: take no line away.",
        "sv": "Signaler, mått och reaktioner, som de är: ta inte bort någon rad.",
        "nb": "Signaler, måltall og reaksjoner, som de er: ta ikke bort noen linje.",
        "hu": "Jelek, mutatók és reakciók, változatlanul: egy sort se törölj.|"
        "Jelek, mutatók és reakciók, változatlanul: egy sort se töröljön.",
    },
    # what stands behind a pain point in square brackets
    "tag.source": {"en": "source", "sv": "källa", "nb": "kilde", "hu": "forrás"},
    "tag.shown_by": {"en": "shown by", "sv": "visas av", "nb": "vises av", "hu": "mutatja"},
    "tag.improvement": {"en": "improvement", "sv": "förbättring", "nb": "forbedring", "hu": "fejlesztés"},
    # words in cells
    "expect": {"en": "We expect", "sv": "Vi väntar oss|Vi förväntar", "nb": "Vi forventer", "hu": "Elvárjuk"},
    "promise": {"en": "We promise", "sv": "Vi lovar", "nb": "Vi lover", "hu": "Ígérjük"},
    "true": {"en": "yes|true|x|✓|✔|★|1|y", "sv": "ja|j|sant", "nb": "ja|sant", "hu": "igen|igaz|i"},
    "false": {"en": "no|false|0|n", "sv": "nej|falskt", "nb": "nei|usant", "hu": "nem|hamis"},
    "external": {"en": "external", "sv": "extern", "nb": "ekstern", "hu": "külső"},
    "internal": {"en": "internal", "sv": "intern", "nb": "intern", "hu": "belső"},
    "peripheral": {"en": "peripheral", "sv": "perifer", "nb": "perifer", "hu": "közvetett"},
    "idea": {"en": "idea", "sv": "idé", "nb": "idé", "hu": "ötlet"},
    "planned": {"en": "planned", "sv": "planerad", "nb": "planlagt", "hu": "tervezett"},
    "doing": {"en": "doing", "sv": "pågår", "nb": "pågår", "hu": "folyamatban"},
    "done": {"en": "done", "sv": "klar", "nb": "ferdig", "hu": "kész"},
    "dropped": {"en": "dropped", "sv": "nedlagd", "nb": "droppet", "hu": "elvetve"},
}

_WORDS: _Words = MappingProxyType({**_OTHERS, **{f"lane.{key}": words for key, words in _LANES.items()}})


def word(key: str, language: str) -> str:
    """What is written for a key, in a language."""
    return _WORDS[key][language].partition("|")[0]


def _plain(text: str) -> str:
    """A heading as it is compared: capitals, spaces, hyphens and marks at its ends do not count."""
    return normalised(re.sub(r"^[\W_]+|[\W_]+$", "", text) or text)


@lru_cache(maxsize=1)
def _by_word() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for key, languages in _WORDS.items():
        names = [key.partition(".")[2] or key] if key.startswith("lane.") else []
        for said in [*names, *(said for words in languages.values() for said in words.split("|"))]:
            found.setdefault(_plain(said), []).append(key)
    return MappingProxyType({said: tuple(dict.fromkeys(keys)) for said, keys in found.items()})


def understood(text: str, among: str = "") -> tuple[str, ...]:
    """The keys that a heading can mean; `among` is what they begin with."""
    return tuple(key for key in _by_word().get(_plain(text), ()) if key.startswith(among))


def lane(text: str) -> str | None:
    """The lane that a heading names, `pain_points` or `emotion.now`; `None`: none that the journey file knows."""
    found = understood(text, "lane.")
    return found[0].removeprefix("lane.") if found else None


def choice(text: str, words: tuple[str, ...]) -> str | None:
    """Which of some keys a word in a cell means, in any language; `None`: none of them."""
    return next((key for key in understood(text) if key in words), None)


def language_of(labels: Iterable[str]) -> str:
    """The language that most of these names of lanes are written in; English where that is open."""
    found: Counter[str] = Counter()
    for label in labels:
        for key in understood(label, "lane."):
            words = _WORDS[key]
            found.update(one for one in LANGUAGES if _plain(label) in map(_plain, words[one].split("|")))
    return max(LANGUAGES, key=lambda one: found[one]) if found else "en"
