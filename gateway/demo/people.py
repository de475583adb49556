"""The five synthetic people of the demonstration and their stories.

Every name ends in （合成）. Codes: ICD-10, WHO ATC, SNOMED CT, LOINC. Not here: results (laboratory) and how
resources are put together (generator).
"""
# ruff: noqa: E501 - a Chinese character counts twice; these tables are read across

from dataclasses import dataclass

ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"

Concept = tuple[str, str, str, str]  # system, code, English display, Chinese text


@dataclass(frozen=True)
class Medicine:
    """A prescription: where it was written (institution code), how long before the anchor day, the dosage."""

    institution: str
    days_ago: int
    drug: Concept
    dosage: str
    status: str = "active"


@dataclass(frozen=True)
class Imaging:
    """An imaging report with its words."""

    institution: str
    days_ago: int
    study: Concept
    modality: str
    conclusion: str


@dataclass(frozen=True)
class Course:
    """How one analyte runs over two years: from, to, spread around the line."""

    start: float
    end: float
    spread: float


@dataclass(frozen=True)
class Person:
    """One synthetic person. `charts` are the chart numbers by institution code."""

    name: str
    sex: str
    birth_date: str
    charts: dict[str, str]
    department: str
    courses: dict[str, Course]
    conditions: tuple[tuple[str, int, Concept], ...] = ()  # institution, days ago, what
    medicines: tuple[Medicine, ...] = ()
    allergies: tuple[tuple[str, Concept, str, str], ...] = ()  # institution, what, reaction, criticality
    imaging: tuple[Imaging, ...] = ()
    sensitive: bool = False


CHEST_CT: Concept = (LOINC, "24627-2", "CT Chest", "胸部CT平扫")
CHEST_XRAY: Concept = (LOINC, "36643-5", "XR Chest 2 Views", "胸部正侧位X线")
ABDOMEN: Concept = (LOINC, "24558-9", "US Abdomen", "腹部超声")
HEART: Concept = (LOINC, "42148-7", "US Heart", "心脏超声")
HYPERTENSION: Concept = (ICD_10, "I10", "Essential (primary) hypertension", "原发性高血压")
METFORMIN: Concept = (ATC, "A10BA02", "Metformin", "盐酸二甲双胍片 0.5 g")
ATORVASTATIN: Concept = (ATC, "C10AA05", "Atorvastatin", "阿托伐他汀钙片 20 mg")
PENICILLIN: Concept = (SNOMED, "91936005", "Allergy to penicillin", "青霉素过敏")

PEOPLE = (
    Person(
        "林秀兰（合成）", "female", "1946-03-08",
        {"WX": "WX20180417", "WT": "1004-2236", "QH": "QH880531"}, "内分泌科",
        {
            "HbA1c": Course(8.1, 6.9, 0.15), "glucose": Course(9.6, 7.2, 0.5), "creatinine": Course(78, 92, 3),
            "eGFR": Course(66, 54, 2), "UACR": Course(58, 36, 5), "LDL": Course(3.42, 2.31, 0.18),
            "triglycerides": Course(2.3, 1.8, 0.2), "total cholesterol": Course(5.4, 4.2, 0.2),
            "HDL": Course(1.12, 1.21, 0.05), "haemoglobin": Course(121, 116, 3),
            "platelets": Course(212, 205, 14), "ALT": Course(21, 19, 3), "TSH": Course(2.4, 2.6, 0.3),
            "potassium": Course(4.3, 4.6, 0.2), "weight": Course(63.5, 60.5, 0.5), "systolic": Course(148, 134, 5),
        },
        conditions=(
            ("WX", 2900, (ICD_10, "E11.2", "Type 2 diabetes mellitus with renal complications",
                          "2型糖尿病伴肾脏并发症")),
            ("WX", 700, (ICD_10, "N18.3", "Chronic kidney disease, stage 3", "慢性肾脏病3期")),
            ("WT", 4100, HYPERTENSION),
        ),
        medicines=(
            Medicine("WX", 610, METFORMIN, "口服，每次 0.5 g，每日 2 次，随餐"),
            Medicine("WX", 240, (ATC, "A10BK03", "Empagliflozin", "恩格列净片 10 mg"), "口服，每次 10 mg，每日 1 次，早晨"),
            Medicine("WT", 655, (ATC, "C09CA01", "Losartan", "氯沙坦钾片 50 mg"), "口服，每次 50 mg，每日 1 次"),
            Medicine("WT", 655, (ATC, "C08CA01", "Amlodipine", "苯磺酸氨氯地平片 5 mg"), "口服，每次 5 mg，每日 1 次",
                     "stopped"),
            Medicine("WX", 420, ATORVASTATIN, "口服，每次 20 mg，每晚 1 次"),
        ),
        allergies=(("WX", PENICILLIN, "全身皮疹", "high"),),
        imaging=(
            Imaging("WX", 233, CHEST_CT, "CT", "双肺纹理增多，右肺中叶见直径约 4 mm 实性小结节，边缘光整，建议 12 个月后复查。"
                    "主动脉壁钙化。"),
            Imaging("QH", 398, ABDOMEN, "US", "肝脏回声稍增强，提示轻度脂肪肝。双肾大小正常，左肾囊肿 11 mm。胆囊、胰腺、脾未见异常。"),
            Imaging("QH", 33, ABDOMEN, "US", "轻度脂肪肝，与前次相仿。左肾囊肿 12 mm，无明显变化。"),
        ),
        sensitive=True,
    ),
    Person(
        "赵德明（合成）", "male", "1958-11-21",
        {"WX": "WX20150902", "WT": "1001-0873", "QH": "QH871204"}, "心血管内科",
        {
            "INR": Course(2.2, 2.5, 0.35), "LDL": Course(2.9, 1.7, 0.15), "triglycerides": Course(1.9, 1.5, 0.2),
            "total cholesterol": Course(4.8, 3.4, 0.2), "HDL": Course(1.05, 1.1, 0.05),
            "creatinine": Course(88, 94, 4), "eGFR": Course(82, 76, 3), "potassium": Course(4.2, 4.5, 0.3),
            "glucose": Course(5.8, 6.1, 0.3), "HbA1c": Course(5.8, 6.0, 0.1), "ALT": Course(28, 31, 5),
            "haemoglobin": Course(146, 139, 4), "platelets": Course(188, 180, 12),
            "systolic": Course(142, 131, 6), "weight": Course(74, 73, 0.6),
        },
        conditions=(
            ("WX", 1500, (ICD_10, "I48.2", "Chronic atrial fibrillation", "持续性心房颤动")),
            ("WX", 1490, (ICD_10, "I25.1", "Atherosclerotic heart disease", "冠状动脉粥样硬化性心脏病")),
            ("WT", 3900, HYPERTENSION),
        ),
        medicines=(
            Medicine("WX", 640, (ATC, "B01AA03", "Warfarin", "华法林钠片 2.5 mg"), "口服，每次 3.75 mg，每日 1 次，按 INR 调整"),
            Medicine("WX", 640, ATORVASTATIN, "口服，每次 20 mg，每晚 1 次"),
            Medicine("WX", 500, (ATC, "C07AB02", "Metoprolol", "琥珀酸美托洛尔缓释片 47.5 mg"),
                     "口服，每次 47.5 mg，每日 1 次"),
        ),
        imaging=(
            Imaging("WX", 305, HEART, "US", "左房增大（前后径 45 mm），左室射血分数 58 %，二尖瓣轻度反流。"),
            Imaging("QH", 61, CHEST_XRAY, "DX", "双肺野清晰，心影稍大，主动脉结突出。"),
        ),
    ),
    Person(
        "周雨桐（合成）", "female", "1991-06-14",
        {"WX": "WX20210330", "WT": "1007-5518", "QH": "QH902218"}, "内分泌科",
        {
            "TSH": Course(9.4, 3.1, 0.8), "haemoglobin": Course(96, 124, 4), "ferritin": Course(6.5, 38, 4),
            "platelets": Course(305, 262, 15), "ALT": Course(15, 17, 3), "glucose": Course(4.9, 5.0, 0.2),
            "creatinine": Course(58, 60, 3), "LDL": Course(3.1, 2.6, 0.2), "weight": Course(57, 55.5, 0.5),
        },
        conditions=(
            ("WX", 690, (ICD_10, "E03.9", "Hypothyroidism, unspecified", "甲状腺功能减退症")),
            ("WT", 520, (ICD_10, "D50.9", "Iron deficiency anaemia, unspecified", "缺铁性贫血")),
        ),
        medicines=(
            Medicine("WX", 688, (ATC, "H03AA01", "Levothyroxine sodium", "左甲状腺素钠片 50 μg"),
                     "口服，每次 75 μg，每日 1 次，早餐前半小时"),
            Medicine("WT", 515, (ATC, "B03AA07", "Ferrous sulfate", "硫酸亚铁缓释片 0.45 g"), "口服，每次 0.45 g，每日 1 次",
                     "completed"),
        ),
        allergies=(("WT", (SNOMED, "91935009", "Allergy to peanuts", "花生过敏"), "口周荨麻疹", "low"),),
        imaging=(Imaging("QH", 47, ABDOMEN, "US", "肝、胆、胰、脾、双肾未见明显异常。"),),
    ),
    Person(
        "陈国强（合成）", "male", "1972-09-30",
        {"WX": "WX20190811", "WT": "1003-9940", "QH": "QH860077"}, "消化内科",
        {
            "ALT": Course(92, 48, 8), "uric acid": Course(512, 431, 20), "triglycerides": Course(3.9, 2.4, 0.3),
            "LDL": Course(3.9, 3.2, 0.2), "glucose": Course(6.4, 6.0, 0.3), "HbA1c": Course(6.2, 6.0, 0.1),
            "creatinine": Course(84, 86, 3), "eGFR": Course(92, 90, 2), "haemoglobin": Course(156, 153, 3),
            "platelets": Course(231, 226, 12), "weight": Course(88.5, 82, 0.7), "systolic": Course(139, 133, 5),
        },
        conditions=(
            ("WX", 720, (ICD_10, "K76.0", "Fatty (change of) liver, not elsewhere classified", "非酒精性脂肪性肝病")),
            ("WT", 610, (ICD_10, "M10.9", "Gout, unspecified", "痛风")),
        ),
        medicines=(
            Medicine("WT", 400, (ATC, "M04AA03", "Febuxostat", "非布司他片 40 mg"), "口服，每次 40 mg，每日 1 次"),
        ),
        imaging=(
            Imaging("WX", 512, ABDOMEN, "US", "中度脂肪肝。胆囊多发息肉样病变，最大约 5 mm，建议 6–12 个月复查。"),
            Imaging("QH", 75, ABDOMEN, "US", "轻度脂肪肝，较前好转。胆囊息肉样病变最大约 5 mm，无明显变化。"),
        ),
    ),
    Person(
        "吴思远（合成）", "male", "2003-01-17",
        {"WX": "WX20230226", "WT": "1009-3071", "QH": "QH915540"}, "血液内科",
        {
            "platelets": Course(38, 118, 12), "haemoglobin": Course(147, 150, 3), "ALT": Course(24, 22, 4),
            "glucose": Course(4.9, 5.0, 0.2), "creatinine": Course(76, 78, 3), "weight": Course(66, 68, 0.5),
        },
        conditions=(("WX", 705, (ICD_10, "D69.3", "Idiopathic thrombocytopenic purpura", "原发免疫性血小板减少症")),),
        medicines=(
            Medicine("WX", 700, (ATC, "H02AB07", "Prednisone", "醋酸泼尼松片 5 mg"), "口服，按医嘱逐步减量", "completed"),
        ),
        allergies=(("WX", PENICILLIN, "荨麻疹", "high"),),
        imaging=(Imaging("QH", 90, CHEST_XRAY, "DX", "双肺纹理清晰，心影不大，膈面光整。"),),
    ),
)  # fmt: skip
