"""Which codes and words tell of something that changes a patient between two tests: a short table.

SNOMED CT, WHO ATC and ICD-10. What is not on the list of procedures without effect counts as a procedure, so
a missing code only makes an offer rarer.
"""

import re
from types import MappingProxyType

from consent.reuse.orders import EventKind

SNOMED: MappingProxyType[str, EventKind] = MappingProxyType(
    {
        "77386006": "pregnancy",
        "72892002": "pregnancy",
        "79586000": "pregnancy",  # tubal
        "302497006": "dialysis",
        "265764009": "dialysis",
        "71192002": "dialysis",
        "108241001": "dialysis",
        "367336001": "chemotherapy",
        "703423002": "chemotherapy",  # with radiation
        "385786002": "chemotherapy",
        "116859006": "transfusion",
        "5447007": "transfusion",
        "71493000": "transfusion",
        "12719002": "transfusion",
        "430701006": "iv-fluids",
        "103744005": "iv-fluids",
        "305351004": "intensive-care",
        "309904001": "intensive-care",
        "26763009": "intensive-care",  # controlled ventilation
    }
)

# The longest prefix decides; any other drug is a drug.
ATC_CLASSES: MappingProxyType[str, EventKind] = MappingProxyType(
    {"L01": "chemotherapy", "B05A": "transfusion", "B05B": "iv-fluids", "B05X": "iv-fluids"}
)

# ICD-10 chapters and codes of conditions, by prefix.
ICD_10: MappingProxyType[str, EventKind] = MappingProxyType(
    {
        "O": "pregnancy",
        "Z33": "pregnancy",
        "Z34": "pregnancy",
        "Z35": "pregnancy",
        "Z49": "dialysis",
        "Z99.2": "dialysis",
    }
)

# Looking, asking and listening: they leave the blood as it was.
WITHOUT_EFFECT = frozenset(
    {
        "104091002",  # blood count
        "127783003",  # spirometry
        "162676008",  # brief general examination
        "167271000",  # urine protein test
        "169230002",  # ultrasound, fetal viability
        "171207006",  # depression screening
        "225158009",  # auscultation of the fetal heart
        "23426006",  # respiratory function
        "252160004",  # pregnancy test
        "268556000",  # urine glucose
        "269911007",  # sputum examination
        "271442007",  # fetal anatomy study
        "274804006",  # uterine fundal height
        "29303009",  # electrocardiogram
        "311791003",  # information gathering
        "312681000",  # bone density scan
        "395123002",  # urine test for diabetes
        "395142003",  # allergy screening
        "398171003",  # hearing examination
        "399208008",  # plain chest X-ray
        "40701008",  # echocardiogram
        "410006001",  # digital rectal examination
        "415300000",  # review of systems
        "428211000124100",  # assessment of substance use
        "430193006",  # medication reconciliation
        "44608003",  # blood typing
        "5880005",  # physical examination
        "710824005",  # assessment of needs
        "710841007",  # anxiety assessment
        "763302001",  # referral
        "866148006",  # domestic abuse screening
    }
)

# Words decide only where no code does.
WORDS: tuple[tuple[re.Pattern[str], EventKind], ...] = (
    (re.compile(r"透析|dialys", re.IGNORECASE), "dialysis"),
    (re.compile(r"化疗|化学治疗|chemotherap", re.IGNORECASE), "chemotherapy"),
    (re.compile(r"输血|输注.*(?:红细胞|血小板|血浆)|transfusion", re.IGNORECASE), "transfusion"),
    (re.compile(r"补液|静脉输液|intravenous fluid|iv fluid", re.IGNORECASE), "iv-fluids"),
    (re.compile(r"重症监护|\bicu\b|intensive care", re.IGNORECASE), "intensive-care"),
)
PREGNANT = re.compile(r"妊娠|怀孕|孕\d*周|pregnan", re.IGNORECASE)
