"""Which clinical codes make a record sensitive: a short table, to be read by a privacy officer.

Labels are HL7 v3-ActCode sensitivities (FHIR R4 meta.security). HL7's own value sets name lists that are
not published with them, so this list is ours. Change it together with VERSION. Not here: free text is not
judged. A code that is missing here leaves its record open to a general grant.
"""

from types import MappingProxyType

VERSION = "2026-12"

# ICD-10 in all its national editions: the longest prefix that fits decides; None takes a part out again.
ICD_10: MappingProxyType[str, str | None] = MappingProxyType(
    {
        "A5": "STD",  # syphilis, gonorrhoea, chlamydia …
        "A60": "STD",
        "A63": "STD",
        "A64": "STD",
        "B20": "HIV",
        "B21": "HIV",
        "B22": "HIV",
        "B23": "HIV",
        "B24": "HIV",
        "D57": "SCA",
        "F": "PSY",
        "F10": "ETHUD",
        "F11": "OPIOIDUD",
        "F12": "SUD",
        "F13": "SUD",
        "F14": "SUD",
        "F15": "SUD",
        "F16": "SUD",
        "F17": None,  # tobacco
        "F18": "SUD",
        "F19": "SUD",
        "K70": "ETHUD",  # alcoholic liver disease
        "O04": "SEX",  # termination of pregnancy
        "O98.7": "HIV",
        "R75": "HIV",
        "T74": "SDV",
        "T76": "SDV",
        "X6": "PSY",  # self-harm
        "X7": "PSY",
        "X80": "PSY",
        "X81": "PSY",
        "X82": "PSY",
        "X83": "PSY",
        "X84": "PSY",
        "Y06": "SDV",
        "Y07": "SDV",
        "Z11.4": "HIV",
        "Z15": "GDIS",
        "Z20.6": "HIV",
        "Z21": "HIV",
        "Z33.2": "SEX",
        "Z69": "SDV",
        "Z71.4": "ETHUD",
        "Z71.5": "SUD",
        "Z72.1": "ETHUD",
        "Z72.2": "SUD",
        "Z91.5": "PSY",
    }
)

# WHO ATC: prefixes, the longest decides.
ATC: MappingProxyType[str, str | None] = MappingProxyType(
    {
        "J05AE": "HIV",
        "J05AG": "HIV",
        "J05AJ": "HIV",
        "J05AR": "HIV",
        "N05A": "PSY",
        "N05AB04": None,  # prochlorperazine, mostly against nausea
        "N06A": "PSY",
        "N07BA": None,
        "N07BB": "ETHUD",
        "N07BC": "OPIOIDUD",
        "G04BE": "SEX",
    }
)

SNOMED: MappingProxyType[str, str] = MappingProxyType(
    {
        "35489007": "PSY",  # depressive disorder
        "36923009": "PSY",
        "370143000": "PSY",
        "310497006": "PSY",
        "73867007": "PSY",
        "13746004": "PSY",  # bipolar disorder
        "58214004": "PSY",  # schizophrenia
        "47505003": "PSY",  # post-traumatic stress
        "48694002": "PSY",  # anxiety
        "80583007": "PSY",
        "197480006": "PSY",
        "386810004": "PSY",
        "192127007": "PSY",
        "406506008": "PSY",
        "231504006": "PSY",
        "371631005": "PSY",
        "82313006": "PSY",  # suicide attempt
        "287185009": "PSY",
        "6471006": "PSY",  # suicidal thoughts
        "108313002": "PSY",  # family psychotherapy
        "75516001": "PSY",
        "228557008": "PSY",  # cognitive and behavioural therapy
        "171207006": "PSY",  # depression screening
        "7200002": "ETHUD",
        "15167005": "ETHUD",
        "66590003": "ETHUD",
        "707536002": "ETHUD",
        "713107002": "ETHUD",
        "5602001": "OPIOIDUD",
        "75544000": "OPIOIDUD",
        "231477003": "OPIOIDUD",
        "6525002": "SUD",
        "26416006": "SUD",
        "361055000": "SUD",
        "55680006": "SUD",  # drug overdose
        "1149222004": "SUD",
        "707866006": "SUD",
        "713106006": "SUD",  # screening for drug abuse
        "56876005": "SUD",  # drug rehabilitation
        "86406008": "HIV",
        "91947003": "HIV",
        "62479008": "HIV",
        "165816005": "HIV",
        "315124004": "HIV",
        "76272004": "STD",
        "15628003": "STD",
        "240589008": "STD",
        "706893006": "SDV",  # victim of intimate partner abuse
        "371775004": "SDV",
        "225826008": "SDV",
        "95930005": "SDV",
        "57797005": "SEX",  # termination of pregnancy
        "714812005": "SEX",
        "127040003": "SCA",
        "417357006": "SCA",
        "230265002": "GDIS",  # familial early Alzheimer's disease
    }
)

LOINC: MappingProxyType[str, str] = MappingProxyType(
    {
        "7917-8": "HIV",
        "7918-6": "HIV",
        "5220-9": "HIV",
        "5221-7": "HIV",
        "5222-3": "HIV",
        "14092-1": "HIV",
        "20447-9": "HIV",
        "24012-7": "HIV",
        "25835-0": "HIV",
        "29893-5": "HIV",
        "30361-0": "HIV",
        "31201-7": "HIV",
        "43009-0": "HIV",
        "43010-8": "HIV",
        "48510-2": "HIV",
        "48511-0": "HIV",
        "48558-1": "HIV",
        "48559-9": "HIV",
        "49573-9": "HIV",
        "56888-1": "HIV",
        "57975-3": "HIV",
        "58900-2": "HIV",
        "62469-2": "HIV",
        "68961-2": "HIV",
        "73906-0": "HIV",
        "75622-1": "HIV",
        "80387-4": "HIV",
        "83101-6": "HIV",
        "89374-3": "HIV",
        "20507-0": "STD",  # syphilis
        "22461-8": "STD",
        "22462-6": "STD",
        "31147-2": "STD",
        "21613-7": "STD",  # chlamydia
        "24111-7": "STD",  # gonococcus
        "44249-1": "PSY",
        "44250-9": "PSY",
        "44255-8": "PSY",
        "44259-0": "PSY",
        "44260-8": "PSY",
        "44261-6": "PSY",  # PHQ-9
        "55757-9": "PSY",
        "55758-7": "PSY",  # PHQ-2
        "69729-2": "PSY",
        "69730-0": "PSY",
        "69737-5": "PSY",
        "70274-6": "PSY",  # GAD-7
        "71354-5": "PSY",
        "73831-0": "PSY",
        "73832-8": "PSY",
        "89206-7": "PSY",
        "34788-0": "PSY",  # psychiatry consult note
        "72109-2": "ETHUD",  # AUDIT-C
        "75624-7": "ETHUD",
        "75626-2": "ETHUD",
        "3397-7": "SUD",
        "3426-4": "SUD",
        "3879-4": "OPIOIDUD",
        "82666-9": "SUD",
        "82667-7": "SUD",  # DAST-10
        "76499-3": "SDV",
        "76500-8": "SDV",
        "76501-6": "SDV",
        "76502-4": "SDV",
        "76503-2": "SDV",
        "76504-0": "SDV",  # HARK
    }
)

# RxNorm has no order in its numbers: ingredients and the products that samples and practice use most.
RXNORM: MappingProxyType[str, str] = MappingProxyType(
    {
        "3554": "ETHUD",  # disulfiram
        "82819": "ETHUD",  # acamprosate
        "7243": "ETHUD",  # naltrexone
        "6813": "OPIOIDUD",  # methadone
        "1819": "OPIOIDUD",  # buprenorphine
        "351264": "OPIOIDUD",
        "351265": "OPIOIDUD",
        "351266": "OPIOIDUD",
        "351267": "OPIOIDUD",
        "4493": "PSY",  # fluoxetine
        "36437": "PSY",  # sertraline
        "32937": "PSY",  # paroxetine
        "321988": "PSY",  # escitalopram
        "2556": "PSY",  # citalopram
        "39786": "PSY",  # venlafaxine
        "15996": "PSY",  # mirtazapine
        "6448": "PSY",  # lithium
        "61381": "PSY",  # olanzapine
        "51272": "PSY",  # quetiapine
        "35636": "PSY",  # risperidone
        "5093": "PSY",  # haloperidol
        "11413": "HIV",  # zidovudine
        "68244": "HIV",  # lamivudine
        "195085": "HIV",  # efavirenz
        "1433868": "HIV",  # dolutegravir
        "1999663": "HIV",
    }
)
