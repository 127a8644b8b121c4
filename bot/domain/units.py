"""Units and number words as papers and summaries write them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """What a figure counts. Figures of one dimension are compared after `factor`."""

    dimension: str  # "" for a bare number
    factor: float = 1.0  # into the dimension's base: %, times, ns, bytes, ...


BARE = Unit("")
PERCENT = Unit("%")  # percentage points are percent: papers and summaries mix the words
TIMES = Unit("x")

# Spellings are matched as written; those in `_WORDS` also in any case. Only exact conversions:
# GB and GiB stay apart, and so do bits and bytes.
_SYMBOLS: dict[str, Unit] = {
    "%": PERCENT,
    "pp": PERCENT,
    "p.p.": PERCENT,
    "x": TIMES,
    "X": TIMES,
    "×": TIMES,
    "ns": Unit("time"),
    "us": Unit("time", 1e3),
    "µs": Unit("time", 1e3),
    "μs": Unit("time", 1e3),
    "ms": Unit("time", 1e6),
    "s": Unit("time", 1e9),
    "min": Unit("time", 60e9),
    "h": Unit("time", 3600e9),
    "KB": Unit("bytes", 1e3),
    "kB": Unit("bytes", 1e3),
    "MB": Unit("bytes", 1e6),
    "GB": Unit("bytes", 1e9),
    "TB": Unit("bytes", 1e12),
    "PB": Unit("bytes", 1e15),
    "KiB": Unit("bytes-binary", 2.0**10),
    "MiB": Unit("bytes-binary", 2.0**20),
    "GiB": Unit("bytes-binary", 2.0**30),
    "TiB": Unit("bytes-binary", 2.0**40),
    "kbps": Unit("bits", 1e3),
    "Kb": Unit("bits", 1e3),
    "Mb": Unit("bits", 1e6),
    "Mbps": Unit("bits", 1e6),
    "Gb": Unit("bits", 1e9),
    "Gbps": Unit("bits", 1e9),
    "Hz": Unit("frequency"),
    "kHz": Unit("frequency", 1e3),
    "MHz": Unit("frequency", 1e6),
    "GHz": Unit("frequency", 1e9),
    "mW": Unit("power", 1e-3),
    "W": Unit("power"),
    "kW": Unit("power", 1e3),
    "MW": Unit("power", 1e6),
    "mJ": Unit("energy", 1e-3),
    "J": Unit("energy"),
    "kJ": Unit("energy", 1e3),
    "MJ": Unit("energy", 1e6),
    "Wh": Unit("energy", 3600.0),
    "kWh": Unit("energy", 3600e3),
    "MWh": Unit("energy", 3600e6),
    "nm": Unit("length", 1e-9),
    "µm": Unit("length", 1e-6),
    "μm": Unit("length", 1e-6),
    "mm": Unit("length", 1e-3),
    "cm": Unit("length", 1e-2),
    "m": Unit("length"),
    "km": Unit("length", 1e3),
    "dB": Unit("decibel"),
    "°": Unit("degree"),
    "°C": Unit("celsius"),
    "FLOPs": Unit("flops"),
    "GFLOPs": Unit("flops", 1e9),
    "GFLOPS": Unit("flops", 1e9),
    "TFLOPs": Unit("flops", 1e12),
    "TFLOPS": Unit("flops", 1e12),
    "PFLOPs": Unit("flops", 1e15),
    "PFLOPS": Unit("flops", 1e15),
    "EFLOPs": Unit("flops", 1e18),
    "$": Unit("usd"),
    "€": Unit("eur"),
    "£": Unit("gbp"),
}

_WORDS: dict[str, Unit] = {
    spelling: unit
    for unit, spellings in (
        (
            PERCENT,
            (
                "percent|per cent|percentage point|percentage points|percent points|pct|prozent"
                "|prozentpunkt|prozentpunkte|prozentpunkten|pour cent|pour-cent"
                "|points de pourcentage"
                "|por ciento|por cento|puntos porcentuales|pontos percentuais|per cento|procent"
                "|процент|процента|процентов|процентных пункта|процентных пунктов|個百分點|个百分点"
                "|個百分点|百分点|百分點|パーセント|ポイント|퍼센트"
            ),
        ),
        (
            TIMES,
            "times|fold|-fold|mal|-mal|-fach|fach|fache|fois|veces|vezes|volte|раз|раза|倍|배",
        ),
        (Unit("time"), "nanosecond|nanoseconds|纳秒|ナノ秒"),
        (
            Unit("time", 1e3),
            "microsecond|microseconds|mikrosekunden|microsecondes|微秒|マイクロ秒",
        ),
        (
            Unit("time", 1e6),
            (
                "millisecond|milliseconds|msec|millisekunde|millisekunden|milliseconde|millisecondes"
                "|milisegundos|milissegundos|millisecondi|миллисекунд|мс|毫秒|ミリ秒|밀리초"
            ),
        ),
        (
            Unit("time", 1e9),
            (
                "sec|secs|second|seconds|sekunde|sekunden|seconde|secondes|segundo|segundos|secondi"
                "|секунд|секунды|秒|秒钟|秒間|초"
            ),
        ),
        (
            Unit("time", 60e9),
            "mins|minute|minutes|minuten|minutos|minuti|минут|минуты|分钟|分鐘|分間|분",
        ),
        (
            Unit("time", 3600e9),
            (
                "hr|hrs|hour|hours|stunde|stunden|heure|heures|hora|horas|час|часа|часов"
                "|小时|小時|時間|시간"
            ),
        ),
        (
            Unit("time", 86400e9),
            "day|days|tage|tagen|jour|jours|día|días|dia|dias|giorni|дней|дня|天|日間|일",
        ),
        (Unit("time", 604800e9), "week|weeks|woche|wochen|semaine|semaines|semanas|周|週間|주"),
        (
            Unit("month"),
            "month|months|monat|monate|monaten|mois|mes|meses|mesi|месяцев|个月|個月|か月|ヶ月|개월",
        ),
        (Unit("year"), "year|years|jahr|jahre|jahren|ans|année|années|año|años|anni|лет|年間"),
        (Unit("bytes"), "byte|bytes|octets|字节|バイト|바이트"),
        (Unit("bits"), "bit|bits|-bit|比特|ビット|비트"),
        (Unit("usd"), "dollar|dollars|usd|美元|ドル|달러"),
        (Unit("eur"), "euro|euros|eur|欧元|ユーロ|유로"),
    )
    for spelling in spellings.split("|")
}

SCALES: dict[str, float] = {
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "B": 1e9,
    "T": 1e12,
}
SCALE_WORDS: dict[str, float] = {
    spelling: scale
    for scale, spellings in (
        (1e2, "hundred"),
        (1e3, "thousand|tausend|mille|mil|тыс.|тысяч|千"),
        (1e4, "万|萬|만"),
        (1e6, "million|millions|mn|mio.|mio|millionen|millón|millones|milhões|milioni|млн|百万"),
        (1e8, "亿|億|억"),
        (
            1e9,
            (
                "billion|billions|bn|mrd.|mrd|milliarde|milliarden|milliard|milliards|miliardi|млрд"
                "|十亿|十億"
            ),
        ),
        (1e12, "trillion|trillions|billionen|万亿|兆"),
    )
    for spelling in spellings.split("|")
}

NUMBER_WORDS: dict[str, int] = {
    spelling: value
    for value, spellings in (
        (0, "zero|zéro"),
        (1, "one"),
        (2, "two|zwei|deux|два|две"),
        (3, "three|drei|trois|tres|três|tre|три"),
        (4, "four|vier|quatre|cuatro|quatro|quattro|четыре"),
        (5, "five|fünf|cinq|cinco|cinque|пять"),
        (6, "six|sechs|seis|шесть"),
        (7, "seven|sieben|sept|siete|sete|sette|семь"),
        (8, "eight|acht|huit|ocho|oito|otto|восемь"),
        (9, "nine|neun|nueve|nove|девять"),
        (10, "ten|zehn|dix|diez|dez|dieci|десять"),
        (11, "eleven"),
        (12, "twelve"),
        (13, "thirteen"),
        (14, "fourteen"),
        (15, "fifteen"),
        (16, "sixteen"),
        (17, "seventeen"),
        (18, "eighteen"),
        (19, "nineteen"),
        (20, "twenty"),
        (30, "thirty"),
        (40, "forty"),
        (50, "fifty"),
        (100, "hundred"),
    )
    for spelling in spellings.split("|")
}
CJK_NUMERALS: dict[str, int] = {
    numeral: value
    for value, numerals in enumerate(
        ["〇", "一", "二两兩", "三", "四", "五", "六", "七", "八", "九", "十"]
    )
    for numeral in numerals
}
COUNTERS = "个個種种つ项項类類层層倍名次组組点篇段步"  # what follows a CJK numeral that counts

UNITS: dict[str, Unit] = _WORDS | _SYMBOLS


def unit_of(spelling: str) -> Unit:
    """The unit a text writes so; BARE where it is none."""
    return _SYMBOLS.get(spelling) or _WORDS.get(spelling.lower(), BARE)


def scale_of(spelling: str) -> float:
    """What a number is multiplied with when `spelling` follows it."""
    return SCALES.get(spelling) or SCALE_WORDS.get(spelling.lower(), 1.0)
