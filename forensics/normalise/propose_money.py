"""Which names of fields say how much was moved, and which only say how much a part of it was."""

import re

_UNITS = "in_cents|cents?|cts?|minor|value|pence|minor_units"

_MOVED = "charged?|captured?|paid|payment|debited|transaction|txn|trx"
"""What was moved: of an order that is paid in two halves it is one of them."""

_PARTS = (
    "tax(es)?|vat|gst|mwst|ust|steuer|tva|discounts?|rabatt|remise|rebate|coupon|voucher|gutschein"
    "|fees?|gebuehr(en)?|frais|commission|provision|surcharge|shipping|versand|freight|tip|gratuity"
    "|trinkgeld|net|netto|ht|excl|excluding|refunded|refundable|remaining|outstanding|open|due"
    "|converted|balance|unit|limit|min|minimum|max|maximum|previous|old|reserved?|withheld"
    "|cashback|saved|savings"
)
"""What is inside of a sum, or beside it, or was given back of it."""

AMOUNT_NAMES = (
    (rf"(amount|amt)(_({_UNITS}))?", 0.9),
    (rf"({_MOVED})_(amount|amt)(_({_UNITS}))?|(amount|amt)_({_MOVED})(_({_UNITS}))?", 0.87),
    (rf"((grand_)?total|gross)_(amount|amt)(_({_UNITS}))?|(amount|amt)_(total|gross)", 0.85),
    (rf"(\w+_)?(amount|amt)(_({_UNITS}))?", 0.75),
    (r"(\w+_)?(cents|pence)|(order_|grand_|invoice_)?total(_(cents|price|amount))?", 0.75),
    (r"price|price_(cents|value)|cost|sum", 0.75),
    (r"(gesamt|rechnungs|brutto|zahl|zahlungs|buchungs)?_?betrag", 0.75),
    (r"(gesamt|end|rechnungs)?_?summe|(gesamt|end)?_?preis|gross|brutto", 0.75),
    ("montant(_(total|ttc|brut|paye|regle|debite))?|total_ttc", 0.75),
    ("value|fee|net|netto", 0.5),
)
"""Names of what was paid in all, with how plainly they say it."""

PARTS_OF_AMOUNTS = ((rf"(\w+_)?({_PARTS})(_\w+)?", 0.5),)
"""Names that say how much something inside of a sum was: they say too little of the sum itself."""

SIDES = (
    r"((entry|posting|booking|ledger)_)?(side|direction)|d_?c|dr_?cr|sens"
    r"|(debit_(or_)?credit|credit_(or_)?debit|cdt_?dbt|d_?c)(_(ind|indicator|flag|mark|code))?"
    r"|(soll_?haben|s_?h)(_?(kz|kennzeichen))?"
)
"""Names of what says whether an account was debited or credited."""

_MONEY = re.compile(rf"_?(amount|amt|total|price|value|betrag|currency.*|ccy|({_UNITS}))$")


def money_of(phrase: str) -> str:
    """What a sum or its currency is of: `payment` for `payment_amount`, nothing for `amount`."""
    shorter = _MONEY.sub("", phrase)
    return shorter if shorter == phrase else money_of(shorter)
