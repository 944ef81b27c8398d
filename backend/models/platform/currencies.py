"""Currencies of ISO 4217: those that may be entered today, and those that rows may contain.

The list of the installed package changes with its updates. Its entries since 2015 are kept here, so
that stored amounts stay valid after an update.
"""

from iso4217 import Currency

_KEPT = {
    0: "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP
        BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR
        FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR
        KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV
        MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG
        SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
        USD USN UYU UZS VED VEF VES WST XAD XCD XCG YER ZAR ZMW ZWG ZWL
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_USUAL_DECIMALS = 2

CURRENT: dict[str, int] = {
    currency.code: currency.exponent for currency in Currency if currency.exponent is not None
}
"""Return the decimals of each currency that may be entered."""

STORED: dict[str, int] = {
    code: decimals for decimals, codes in _KEPT.items() for code in codes.split()
} | CURRENT
"""Return the decimals of each currency that a row may contain."""


def stored_decimals(code: str) -> int:
    """Return the decimals of a stored currency; two if it is unknown."""
    return STORED.get(code, _USUAL_DECIMALS)
