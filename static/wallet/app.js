// The wallet's page: prove that keys can be kept, then put the wallet together and show the right screen.

import { fragment } from "./fragment.js";
import { addCatalogue, t } from "../shared/i18n.js";
import { watchPresses } from "../shared/redraw.js";
import { en } from "./catalogue/en.js";
import { zhCN } from "./catalogue/zh-CN.js";
import { parseFragment } from "./flow/code.js";
import { showBlocked } from "./screens/blocked.js";
import { showScreens } from "./screens/show.js";
import { applyElder } from "./state/preferences.js";
import { openDatabase } from "./store/database.js";
import { cannotKeepKeys } from "./store/self_test.js";
import { registerWorker } from "./store/worker.js";
import { createWallet, restoreWallet, startWallet } from "./wallet.js";

addCatalogue("zh-CN", zhCN);
addCatalogue("en", en);
document.title = t("app.name");
watchPresses();

const database = globalThis.indexedDB ? await openDatabase().catch(() => null) : null;
const reason = await cannotKeepKeys(database);

if (reason !== null) {
  showBlocked(reason);
} else {
  registerWorker();
  const wallet = await createWallet({ database, clock: () => Date.now() });
  applyElder(wallet);
  await restoreWallet(wallet);
  const code = fragment === "" ? null : parseFragment(fragment);
  showScreens(wallet, { code, foreign: fragment !== "" && code === null });
  await startWallet(wallet);
}
