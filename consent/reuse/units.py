"""Which units a value may change between without knowing the analyte: powers of ten of one dimension.

UCUM codes, case-sensitive. A unit with an annotation in braces equals nothing but itself: for a converter
mL/min/{1.73_m2} is mL/min, for a doctor it is not. Mass to moles needs the analyte's molar mass, so it is
not here; nor are U and [IU], which are different things.
"""

from decimal import Decimal

# Unit -> power of ten of the dimension's first unit.
_GRAMS_A_LITRE = {
    "g/L": 0,
    "mg/mL": 0,
    "g/dL": 1,
    "mg/dL": -2,
    "mg/L": -3,
    "ug/mL": -3,
    "ug/dL": -5,
    "ug/L": -6,
    "ng/mL": -6,
    "ng/dL": -8,
    "ng/L": -9,
    "pg/mL": -9,
    "pg/dL": -11,
}
_MOLES_A_LITRE = {
    "mol/L": 0,
    "mmol/L": -3,
    "umol/L": -6,
    "nmol/mL": -6,
    "nmol/L": -9,
    "pmol/mL": -9,
    "pmol/L": -12,
}
_NUMBER_A_LITRE = {
    "/L": 0,
    "/uL": 6,
    "10*6/L": 6,
    "10*9/L": 9,
    "10*3/uL": 9,
    "10*12/L": 12,
    "10*6/uL": 12,
}
_UNITS_A_LITRE = {"U/L": 0, "mU/mL": 0, "mU/L": -3, "kU/L": 3, "U/mL": 3}
_INTERNATIONAL_UNITS_A_LITRE = {
    "[IU]/L": 0,
    "m[IU]/mL": 0,
    "m[IU]/L": -3,
    "u[IU]/mL": -3,
    "k[IU]/L": 3,
    "[IU]/mL": 3,
}
_DIMENSIONS = (
    _GRAMS_A_LITRE,
    _MOLES_A_LITRE,
    _NUMBER_A_LITRE,
    _UNITS_A_LITRE,
    _INTERNATIONAL_UNITS_A_LITRE,
)


def factor(given: str, wanted: str) -> Decimal | None:
    """What a number in `given` is multiplied with to be in `wanted`; None: not without guessing."""
    if given == wanted:
        return Decimal(1)
    # UCUM writes powers of ten as 10* or 10^
    given, wanted = given.replace("10^", "10*"), wanted.replace("10^", "10*")
    if given == wanted:
        return Decimal(1)
    for dimension in _DIMENSIONS:
        if given in dimension and wanted in dimension:
            return Decimal(1).scaleb(dimension[given] - dimension[wanted])
    return None
