"""German and French names of ids, and what the things that they name are called in English."""

import re

_GERMAN_ID = "_?(id|nr|nummer|referenz)"
_FRENCH_ID = "(id|numero|num|n|no|reference|ref)(_de|_du|_d)?(_la|_l)?"

_MADE = (
    "zahlungs?|transaktions?|erstattungs?|rueckerstattungs?|rueckzahlungs?|ueberweisungs?"
    "|auszahlungs?|einzahlungs?|abbuchungs?|gutschrifts?|lastschrift"
)
_MADE_IN_FRENCH = "paiement|transaction|remboursement|virement|prelevement"

MADE = (
    rf"({_MADE})_?(id|nr|nummer|code)|transaktions_?referenz"
    rf"|{_FRENCH_ID}_({_MADE_IN_FRENCH})|({_MADE_IN_FRENCH})_id"
)
"""Names of the id of a change in the world."""

UNDONE = (
    rf"(zugehoerige[rs]?|urspruengliche[rs]?|original|ursprungs)_?({_MADE})_?"
    rf"(id|nr|nummer|code|referenz)|({_FRENCH_ID}_)?({_MADE_IN_FRENCH})(_d)?_origine"
)
"""Names of the id of what was taken back."""

PIECES = (
    "(sitz(platz)?|zimmer|paket|packstueck|fahrgast|passagier)(_?(id|nr|nummer))?|reisender?"
    "|(numero|num|no|n)(_de)?_(siege|place|chambre|colis)|siege|colis|chambre|passager|voyageur"
)
"""Names of parts of what was ordered."""

_NOUNS = (
    ("order", "bestell(ungs?)?|auftrags?", "commande"),
    ("invoice", "rechnungs?", "facture"),
    ("reservation", "reservierungs?", "reservation"),
    ("contract", "vertrags?", "contrat"),
    ("subscription", "abo|abonnements?", "abonnement"),
    ("mandate", "mandats?", "mandat"),
    ("document", "belegs?", "piece_comptable"),
    ("case", "vorgangs", "dossier"),
)
"""What records of businesses are called in English, German and French."""

RECORDS = "|".join(
    rf"({german}){_GERMAN_ID}|{_FRENCH_ID}_({french})|({french})_(id|ref)"
    for _, german, french in _NOUNS
)
"""Names of the ids of records."""

BARE = "bestellung|auftrag|rechnung|facture"
"""Names of records that are mostly their ids."""


def noun_of(phrase: str) -> str:
    """What the thing is called in English that a name is the id of; empty where it is not known."""
    return next(
        (
            english
            for english, german, french in _NOUNS
            if re.fullmatch(
                rf"({german})({_GERMAN_ID})?|({_FRENCH_ID}_)?({french})(_(id|ref))?", phrase
            )
        ),
        "",
    )
