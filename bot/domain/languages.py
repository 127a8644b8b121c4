"""Languages people may ask summaries in: BCP 47 codes, and the names they type instead."""

from __future__ import annotations

import re
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from bot.errors import UserError

# ISO 639-1, and three longer codes in daily use.
_ENGLISH_NAMES: Final = """
aa Afar, ab Abkhazian, ae Avestan, af Afrikaans, ak Akan, am Amharic, an Aragonese, ar Arabic,
as Assamese, av Avaric, ay Aymara, az Azerbaijani, ba Bashkir, be Belarusian, bg Bulgarian,
bi Bislama, bm Bambara, bn Bengali, bo Tibetan, br Breton, bs Bosnian, ca Catalan, ce Chechen,
ch Chamorro, co Corsican, cr Cree, cs Czech, cu Church Slavonic, cv Chuvash, cy Welsh, da Danish,
de German, dv Divehi, dz Dzongkha, ee Ewe, el Greek, en English, eo Esperanto, es Spanish,
et Estonian, eu Basque, fa Persian, ff Fulah, fi Finnish, fj Fijian, fo Faroese, fr French,
fy Western Frisian, ga Irish, gd Scottish Gaelic, gl Galician, gn Guarani, gu Gujarati, gv Manx,
ha Hausa, he Hebrew, hi Hindi, ho Hiri Motu, hr Croatian, ht Haitian Creole, hu Hungarian,
hy Armenian, hz Herero, ia Interlingua, id Indonesian, ie Interlingue, ig Igbo, ii Sichuan Yi,
ik Inupiaq, io Ido, is Icelandic, it Italian, iu Inuktitut, ja Japanese, jv Javanese, ka Georgian,
kg Kongo, ki Kikuyu, kj Kuanyama, kk Kazakh, kl Greenlandic, km Khmer, kn Kannada, ko Korean,
kr Kanuri, ks Kashmiri, ku Kurdish, kv Komi, kw Cornish, ky Kyrgyz, la Latin, lb Luxembourgish,
lg Ganda, li Limburgish, ln Lingala, lo Lao, lt Lithuanian, lu Luba-Katanga, lv Latvian,
mg Malagasy, mh Marshallese, mi Maori, mk Macedonian, ml Malayalam, mn Mongolian, mr Marathi,
ms Malay, mt Maltese, my Burmese, na Nauru, nb Norwegian Bokmål, nd North Ndebele, ne Nepali,
ng Ndonga, nl Dutch, nn Norwegian Nynorsk, no Norwegian, nr South Ndebele, nv Navajo, ny Chichewa,
oc Occitan, oj Ojibwa, om Oromo, or Odia, os Ossetian, pa Punjabi, pi Pali, pl Polish, ps Pashto,
pt Portuguese, qu Quechua, rm Romansh, rn Rundi, ro Romanian, ru Russian, rw Kinyarwanda,
sa Sanskrit, sc Sardinian, sd Sindhi, se Northern Sami, sg Sango, si Sinhala, sk Slovak,
sl Slovenian, sm Samoan, sn Shona, so Somali, sq Albanian, sr Serbian, ss Swati,
st Southern Sotho, su Sundanese, sv Swedish, sw Swahili, ta Tamil, te Telugu, tg Tajik, th Thai,
ti Tigrinya, tk Turkmen, tl Tagalog, tn Tswana, to Tonga, tr Turkish, ts Tsonga, tt Tatar,
tw Twi, ty Tahitian, ug Uyghur, uk Ukrainian, ur Urdu, uz Uzbek, ve Venda, vi Vietnamese,
vo Volapük, wa Walloon, wo Wolof, xh Xhosa, yi Yiddish, yo Yoruba, za Zhuang, zh Chinese, zu Zulu,
fil Filipino, haw Hawaiian, yue Cantonese
"""
_OTHER_NAMES: Final = MappingProxyType(
    {
        "mandarin": "zh",
        "simplified chinese": "zh-Hans",
        "traditional chinese": "zh-Hant",
        "中文": "zh",
        "汉语": "zh",
        "简体中文": "zh-Hans",
        "繁體中文": "zh-Hant",
        "日本語": "ja",
        "한국어": "ko",
        "deutsch": "de",
        "français": "fr",
        "francais": "fr",
        "español": "es",
        "espanol": "es",
        "castellano": "es",
        "português": "pt",
        "portugues": "pt",
        "brazilian portuguese": "pt-BR",
        "italiano": "it",
        "nederlands": "nl",
        "polski": "pl",
        "čeština": "cs",
        "svenska": "sv",
        "dansk": "da",
        "norsk": "no",
        "suomi": "fi",
        "magyar": "hu",
        "türkçe": "tr",
        "русский": "ru",
        "українська": "uk",
        "ελληνικά": "el",
        "עברית": "he",
        "العربية": "ar",
        "farsi": "fa",
        "فارسی": "fa",
        "हिन्दी": "hi",
        "tiếng việt": "vi",
        "bahasa indonesia": "id",
        "ไทย": "th",
        "català": "ca",
        "british english": "en-GB",
        "american english": "en-US",
    }
)
_ENTRIES: Final = tuple(
    entry.strip().partition(" ") for entry in _ENGLISH_NAMES.replace("\n", " ").split(",")
)
_NAME_OF: Final = MappingProxyType({code: name for code, _, name in _ENTRIES})
_CODE_OF: Final = MappingProxyType(
    {name.casefold(): code for code, _, name in _ENTRIES} | dict(_OTHER_NAMES)
)
_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|\d{3}))?",
    re.IGNORECASE | re.ASCII,
)


def parse_language(text: str) -> str:
    """A BCP 47 tag, from itself in any case or from a name: "German" is "de".

    Language, script and region are understood: "zh-Hant-TW". Raises UserError.
    """
    bare = " ".join(text.split())
    if code := _CODE_OF.get(bare.casefold()):
        return code
    match = _TAG.fullmatch(bare.replace("_", "-"))
    if match and match["language"].lower() in _NAME_OF:
        script, region = match["script"], match["region"]
        parts = (match["language"].lower(), script and script.title(), region and region.upper())
        return "-".join(filter(None, parts))
    near = get_close_matches(bare.casefold(), _CODE_OF, n=1, cutoff=0.75)
    mend = f"did you mean `lang:{_CODE_OF[near[0]]}`?" if near else "write it like `lang:de`."
    raise UserError(f"“{bare[:40] or 'nothing'}” is not a language I know: {mend}")


def language_name(code: str) -> str:
    """The English name of a tag's language, as `parse_language` gives tags: "German"."""
    return _NAME_OF.get(code.partition("-")[0], code)
