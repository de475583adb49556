"""The analytes of the demonstration: LOINC codes, UCUM units, and each institution's own reference ranges.

Ranges differ between laboratories and between the sexes on purpose: a value is judged by the range it came
with. Not here: the values (people.Course).
"""
# ruff: noqa: E501 - a Chinese character counts twice; these tables are read across

from dataclasses import dataclass


@dataclass(frozen=True)
class Analyte:
    """One measured quantity. `ranges` are (low, high) as printed; by sex where "male" and "female" stand."""

    name: str
    loinc: str
    english: str
    chinese: str
    unit: str
    ucum: str
    decimals: int
    ranges: dict[str, tuple[str | None, str | None]]
    specimen: str = "血清"
    method: str | None = None
    category: str = "laboratory"
    marked: bool = False  # recognised nationwide, where the laboratory takes part in external assessment


BLOOD, URINE = "静脉血", "随机尿"

ANALYTES = (
    Analyte("HbA1c", "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "糖化血红蛋白", "%", "%", 1,
            {"": ("4.0", "6.0"), "QH": ("4.0", "6.5")}, BLOOD, "高效液相色谱法", marked=True),
    Analyte("glucose", "14771-0", "Fasting glucose [Moles/volume] in Serum or Plasma", "空腹血糖", "mmol/L", "mmol/L", 1,
            {"": ("3.9", "6.1")}, "血浆", "己糖激酶法"),
    Analyte("creatinine", "14682-9", "Creatinine [Moles/volume] in Serum or Plasma", "肌酐", "μmol/L", "umol/L", 0,
            {"male": ("57", "97"), "female": ("41", "73"), "QH male": ("57", "111"), "QH female": ("41", "81")},
            method="肌氨酸氧化酶法", marked=True),
    Analyte("eGFR", "62238-1", "Glomerular filtration rate/1.73 sq M.predicted by CKD-EPI", "估算肾小球滤过率",
            "mL/min/1.73m²", "mL/min/{1.73_m2}", 0, {"": ("90", None)}),
    Analyte("UACR", "9318-7", "Albumin/Creatinine [Mass Ratio] in Urine", "尿白蛋白/肌酐比值", "mg/g", "mg/g", 0,
            {"": (None, "30")}, URINE, "免疫比浊法"),
    Analyte("LDL", "22748-8", "Cholesterol in LDL [Moles/volume] in Serum or Plasma", "低密度脂蛋白胆固醇", "mmol/L",
            "mmol/L", 2, {"": (None, "3.40"), "QH": ("2.07", "3.37")}, method="直接法", marked=True),
    Analyte("triglycerides", "14927-8", "Triglyceride [Moles/volume] in Serum or Plasma", "甘油三酯", "mmol/L", "mmol/L",
            2, {"": ("0.45", "1.70")}, method="甘油磷酸氧化酶法", marked=True),
    Analyte("total cholesterol", "14647-2", "Cholesterol [Moles/volume] in Serum or Plasma", "总胆固醇", "mmol/L", "mmol/L",
            2, {"": (None, "5.20"), "QH": ("2.90", "5.20")}, method="胆固醇氧化酶法", marked=True),
    Analyte("HDL", "14646-4", "Cholesterol in HDL [Moles/volume] in Serum or Plasma", "高密度脂蛋白胆固醇", "mmol/L", "mmol/L",
            2, {"": ("1.04", None), "QH": ("1.04", "1.55")}, method="直接法", marked=True),
    Analyte("haemoglobin", "718-7", "Hemoglobin [Mass/volume] in Blood", "血红蛋白", "g/L", "g/L", 0,
            {"male": ("130", "175"), "female": ("115", "150")}, BLOOD),
    Analyte("platelets", "777-3", "Platelets [#/volume] in Blood by Automated count", "血小板计数", "10⁹/L", "10*9/L", 0,
            {"": ("125", "350")}, BLOOD, "电阻抗法"),
    Analyte("ALT", "1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "丙氨酸氨基转移酶",
            "U/L", "U/L", 0, {"male": ("9", "50"), "female": ("7", "40")}),
    Analyte("TSH", "3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "促甲状腺激素", "mIU/L", "m[IU]/L", 2,
            {"": ("0.27", "4.20"), "QH": ("0.35", "4.94")}, method="化学发光法", marked=True),
    Analyte("ferritin", "2276-4", "Ferritin [Mass/volume] in Serum or Plasma", "铁蛋白", "μg/L", "ug/L", 1,
            {"female": ("13.0", "150.0"), "male": ("30.0", "400.0")}),
    Analyte("potassium", "2823-3", "Potassium [Moles/volume] in Serum or Plasma", "钾", "mmol/L", "mmol/L", 2,
            {"": ("3.50", "5.30")}, method="离子选择电极法"),
    Analyte("uric acid", "14933-6", "Urate [Moles/volume] in Serum or Plasma", "尿酸", "μmol/L", "umol/L", 0,
            {"male": ("208", "428"), "female": ("155", "357")}),
    Analyte("INR", "6301-6", "INR in Platelet poor plasma by Coagulation assay", "国际标准化比值", "INR", "{INR}", 2,
            {"": ("0.80", "1.20")}, "枸橼酸抗凝血浆"),
    Analyte("weight", "29463-7", "Body weight", "体重", "kg", "kg", 1, {}, category="vital-signs"),
)  # fmt: skip

BY_NAME = {each.name: each for each in ANALYTES}

# What each kind of visit measures, as far as the person has a course for it.
PANELS = {
    "WX": ("HbA1c", "glucose", "creatinine", "eGFR", "UACR", "LDL", "triglycerides", "potassium", "ALT", "INR",
           "TSH", "haemoglobin", "platelets", "ferritin", "uric acid"),
    "WT": ("HbA1c", "glucose", "creatinine", "eGFR", "uric acid", "haemoglobin", "platelets", "INR", "weight"),
    "QH": ("HbA1c", "glucose", "creatinine", "eGFR", "total cholesterol", "triglycerides", "HDL", "LDL", "haemoglobin",
           "platelets", "ALT", "TSH", "uric acid", "weight"),
}  # fmt: skip


def range_of(analyte: Analyte, institution: str, sex: str) -> tuple[str | None, str | None]:
    """The range that this institution's laboratory prints for this sex."""
    for key in (f"{institution} {sex}", institution, sex, ""):
        if key in analyte.ranges:
            return analyte.ranges[key]
    return None, None
