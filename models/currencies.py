"""Which currencies have amounts of another number of decimals than two (ISO 4217, list one)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

USUAL_DECIMALS: Final = 2
"""Also as many as amounts are stored with: NUMERIC(12, 2)."""

_NONE: Final = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV")
_OF_UNIONS: Final = ("XAF", "XOF", "XPF")
_THREE: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR: Final = ("CLF", "UYW")

UNUSUAL_DECIMALS: Final[Mapping[str, int]] = MappingProxyType(
    {**dict.fromkeys((*_NONE, *_OF_UNIONS), 0), **dict.fromkeys(_THREE, 3), **dict.fromkeys(_FOUR, 4)}
)
"""By the codes of the currencies."""

WITHOUT_DECIMALS: Final = tuple(code for code, decimals in UNUSUAL_DECIMALS.items() if decimals == 0)
WITH_TOO_MANY: Final = tuple(code for code, decimals in UNUSUAL_DECIMALS.items() if decimals > USUAL_DECIMALS)
"""Those whose amounts have no room in what is stored: no shop sells in them."""
