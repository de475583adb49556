// Plain names for what laboratories measure, in both languages; the code decides, never the display text.

import { h } from "./dom.js";
import { lang, t } from "./i18n.js";

// LOINC codes that mean the same thing to a reader, its group, its names, and one plain sentence for the patient.
const TERMS = [
  ["4548-4 59261-8 17856-6", "glucose", "糖化血红蛋白", "HbA1c", "近两三个月的平均血糖水平", "Average blood sugar over two to three months"],
  ["14771-0 1558-6 14770-2", "glucose", "空腹血糖", "Fasting glucose", "空腹时血里的糖", "Sugar in the blood before eating"],
  ["2339-0 2345-7 15074-8 14749-6", "glucose", "血糖", "Glucose", "血里的糖", "Sugar in the blood"],
  ["14682-9 2160-0 38483-4", "kidney", "肌酐", "Creatinine", "看肾脏过滤得好不好", "Shows how well the kidneys filter"],
  ["62238-1 33914-3 48642-3 69405-9 98979-8", "kidney", "肾小球滤过率估算值", "eGFR", "肾脏每分钟过滤多少血", "How much blood the kidneys filter in a minute"],
  ["9318-7 30000-4 14959-1 32294-1", "kidney", "尿白蛋白/肌酐", "Urine albumin/creatinine", "尿里漏出多少蛋白", "How much protein leaks into the urine"],
  ["22748-8 18262-6 39469-2 13457-7 2089-1", "lipid", "低密度脂蛋白胆固醇", "LDL cholesterol", "俗称“坏胆固醇”", "Often called “bad” cholesterol"],
  ["14646-4 2085-9", "lipid", "高密度脂蛋白胆固醇", "HDL cholesterol", "俗称“好胆固醇”", "Often called “good” cholesterol"],
  ["14647-2 2093-3", "lipid", "总胆固醇", "Total cholesterol", "血里胆固醇的总量", "All cholesterol in the blood"],
  ["14927-8 2571-8", "lipid", "甘油三酯", "Triglycerides", "血里的一种脂肪", "A fat in the blood"],
  ["718-7 30350-3 59260-0", "blood", "血红蛋白", "Haemoglobin", "红细胞里带氧的蛋白", "The protein that carries oxygen"],
  ["777-3 26515-7", "blood", "血小板", "Platelets", "帮助止血的细胞", "Cells that help stop bleeding"],
  ["6690-2 26464-8", "blood", "白细胞", "White blood cells", "抵抗感染的细胞", "Cells that fight infection"],
  ["789-8 26453-1", "blood", "红细胞", "Red blood cells", "带氧的细胞", "Cells that carry oxygen"],
  ["4544-3 20570-8", "blood", "红细胞压积", "Haematocrit", "红细胞占血的比例", "The share of red cells in the blood"],
  ["787-2", "blood", "平均红细胞体积", "MCV", "红细胞的大小", "The size of red cells"],
  ["785-6", "blood", "平均血红蛋白量", "MCH", "", ""],
  ["786-4", "blood", "平均血红蛋白浓度", "MCHC", "", ""],
  ["21000-5 788-0", "blood", "红细胞分布宽度", "RDW", "", ""],
  ["1742-6", "liver", "谷丙转氨酶", "ALT", "肝细胞里的一种酶", "An enzyme from liver cells"],
  ["1920-8", "liver", "谷草转氨酶", "AST", "肝和肌肉里的一种酶", "An enzyme from liver and muscle"],
  ["6768-6", "liver", "碱性磷酸酶", "Alkaline phosphatase", "", ""],
  ["14631-6 1975-2", "liver", "总胆红素", "Total bilirubin", "", ""],
  ["1751-7", "liver", "白蛋白", "Albumin", "", ""],
  ["2885-2", "liver", "总蛋白", "Total protein", "", ""],
  ["3016-3 11580-8", "thyroid", "促甲状腺激素", "TSH", "看甲状腺工作得快还是慢", "Shows how the thyroid works"],
  ["3024-7 14920-3", "thyroid", "游离甲状腺素", "Free T4", "", ""],
  ["2823-3 6298-4", "kidney", "钾", "Potassium", "血里的一种盐", "A salt in the blood"],
  ["2951-2 2947-0", "kidney", "钠", "Sodium", "血里的一种盐", "A salt in the blood"],
  ["2075-0 2069-3", "kidney", "氯", "Chloride", "", ""],
  ["2028-9 20565-8", "kidney", "二氧化碳", "Carbon dioxide", "", ""],
  ["17861-6 49765-1", "kidney", "钙", "Calcium", "", ""],
  ["3094-0 6299-2 22664-7 14937-7", "kidney", "尿素氮", "Urea nitrogen", "", ""],
  ["14933-6 3084-1", "kidney", "尿酸", "Uric acid", "", ""],
  ["1988-5 30522-7", "other", "C反应蛋白", "C-reactive protein", "", ""],
  ["85354-9 55284-4", "vital", "血压", "Blood pressure", "", ""],
  ["8480-6", "vital", "收缩压", "Systolic pressure", "", ""],
  ["8462-4", "vital", "舒张压", "Diastolic pressure", "", ""],
  ["8867-4", "vital", "心率", "Heart rate", "", ""],
  ["9279-1", "vital", "呼吸", "Breathing rate", "", ""],
  ["8310-5", "vital", "体温", "Body temperature", "", ""],
  ["8302-2", "vital", "身高", "Height", "", ""],
  ["29463-7", "vital", "体重", "Weight", "", ""],
  ["39156-5", "vital", "体质指数", "BMI", "", ""],
];

const BY_CODE = new Map(TERMS.flatMap((term) => term[0].split(" ").map((code) => [code, term])));
const SYMBOLS = { H: "▲", L: "▼", HH: "▲▲", LL: "▼▼", A: "◆" };

/** The order of the groups in a clinician's list. */
export const GROUPS = ["glucose", "kidney", "lipid", "blood", "liver", "thyroid", "vital", "other"];

/** Plain name of an item's `code` {code, text, display}: ours by code, else what the source wrote. */
export function termName(code) {
  const term = BY_CODE.get(code?.code);
  if (term) return lang() === "zh-CN" ? term[2] : term[3];
  return (lang() === "zh-CN" ? code?.text ?? code?.display : code?.display ?? code?.text) ?? code?.code ?? "—";
}

/** One plain sentence for a patient; empty when we have none. */
export function termSentence(code) {
  const term = BY_CODE.get(code?.code);
  return term ? (lang() === "zh-CN" ? term[4] : term[5]) : "";
}

/** One of GROUPS. */
export const termGroup = (code) => BY_CODE.get(code?.code)?.[1] ?? "other";

/** What a record kind is called; an unknown kind shows itself. */
export const kindName = (kind) => t(`kind.${kind}`);

/** What a sensitivity label is called. */
export const sensitiveName = (label) => t(`sensitive.${label}`);

/** "▲ High" beside a value; nothing when in range. */
export function flagNode(item) {
  const flag = item.flag;
  if (!flag || !(flag in SYMBOLS)) return null;
  return h("span", { class: `flag${flag.length === 2 ? " critical" : ""}` }, `${SYMBOLS[flag]} ${t(`flag.${flag}`)}`);
}

/** "6.8" or "<0.5", as issued; the text of a result without a number; "—" when there is none. */
export function valueText(item) {
  const value = item.value;
  if (!value) return "—";
  return value.text ?? `${value.comparator ?? ""}${value.number}`;
}

/** The unit as people write it. */
export function unitText(item) {
  const unit = item.value?.unit ?? "";
  return unit.replace("10*9/L", "×10⁹/L").replace("10*3/uL", "×10³/µL").replace("10*6/uL", "×10⁶/µL")
    .replace("{1.73_m2}", "1.73 m²").replace("{score}", "");
}

/** "4.0–6.0", "≤ 5.2", or null. */
export function rangeText(item) {
  const { low, high, text } = item.range ?? {};
  if (low && high) return `${low}–${high}`;
  if (low) return `≥ ${low}`;
  if (high) return `≤ ${high}`;
  return text ?? null;
}
