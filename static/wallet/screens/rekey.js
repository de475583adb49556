// To the earlier phone: the desk connected another one. Explained, not shouted; and two answers.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { moment, t } from "../../shared/i18n.js";
import { answerRekey } from "../flow/rekey.js";
import { backTop, button, defineScreen, page, title } from "../parts/screen.js";
import { placeName } from "../parts/words.js";
import { changeLink } from "../wallet.js";

defineScreen("y-rekey", {
  start: ({ wallet, params }) => wallet.shouted.add(`${params.subject}/rekey`),
  render: (context) => {
    const { wallet, params, go } = context;
    const link = wallet.links.find((each) => each.subject === params.subject);
    const data = wallet.views.of(params.subject)?.data;
    const rekey = data?.pending ?? data?.rekeys?.[data.rekeys.length - 1] ?? null;
    const place = placeName(wallet, link?.institution);
    const answered = link?.answered?.[rekey?.entry];
    return page(context, {
      top: backTop(context, t("tabs.home"), () => go("home", {}, { replace: true })),
      body: [
        h("span", { class: "statement-mark" }, icon("phone")),
        title(t("rekey.title")),
        h("p", {}, t("rekey.text", { place, moment: rekey ? moment(rekey.time) : "" })),
        h("p", {}, t("rekey.ended")),
        rekey && !answered && rekey.until > wallet.clock() ? h("p", {}, t("rekey.until", { moment: moment(rekey.until) })) : null,
        answered ? h("p", { class: "ticked", role: "status" }, icon("tick"), t(`rekey.answered-${answered}`)) : null,
        context.local.failed ? h("p", { class: "strip", role: "alert" }, t("rekey.failed")) : null,
      ],
      foot: rekey && !answered ? answers(context, link, rekey) : button("primary", t("link.home"), () => go("home", {}, { replace: true })),
    });
  },
});

function answers({ wallet, local, redraw }, link, rekey) {
  const answer = async (word) => {
    local.busy = true;
    redraw();
    const done = await answerRekey(wallet, link, rekey.entry, word).catch(() => false);
    Object.assign(local, { busy: false, failed: !done });
    if (done) await changeLink(wallet, link.subject, { answered: { ...link.answered, [rekey.entry]: word } });
    redraw();
  };
  const disabled = local.busy ? true : null;
  return [
    button("primary", t("rekey.mine"), () => answer("confirm"), { disabled }),
    button("outline", t("rekey.not-mine"), () => answer("contest"), { disabled }),
  ];
}
