// Large type: kept on this phone, applied to the whole page.

export async function setElder(wallet, on) {
  await wallet.database.put("facts", { name: "elder", value: on });
  wallet.elder = on;
  applyElder(wallet);
}

export const applyElder = ({ elder }) => document.documentElement.classList.toggle("elder", elder);
