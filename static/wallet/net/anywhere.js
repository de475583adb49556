// Handing in what ends something: at its custodian first, and where no receipt comes within three seconds at another
// hospital too. Any node takes it and passes it on; the custodian's own answer stays the better one.
// Not here: what an answer proves (the receipt is checked by who asked). A grant never comes here: its opening is for its
// custodian alone.

const PATIENCE = 3_000;
const MOST = 3;

/** `doors(id)`: an institution's doors; `others`: ids to turn to, in order. Gives an answer; throws the custodian's problem. */
export async function enterAnywhere(entry, { custodian, others, doors, patience = PATIENCE }) {
  const own = settled(doors(custodian).enter(entry));
  const first = await within(own, patience);
  if (first !== null && counts(first)) return opened(first);
  for (const id of others.slice(0, MOST)) {
    const found = await within(settled(doors(id).enter(entry)), patience);
    if (found?.answer) return found.answer;
  }
  return opened(await own);
}

/** A refusal is the ledger's word; a quota of requests, like an outage, is not. */
const isRefusal = (problem) => problem?.status >= 400 && problem.status < 500 && problem.status !== 429;

const counts = ({ answer, problem }) => Boolean(answer) || isRefusal(problem);

const settled = (promise) => promise.then((answer) => ({ answer }), (problem) => ({ problem }));

function within(promise, ms) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function opened({ answer, problem }) {
  if (answer) return answer;
  throw problem;
}

/** Institutions on other nodes than the custodian's, as the checked registry names them; none twice a node. */
export function elsewhere(institutions, custodian) {
  const originOf = ({ base }) => new URL(base).origin;
  const own = institutions.find(({ id }) => id === custodian);
  const seen = new Set(own ? [originOf(own)] : []);
  return institutions.filter((each) => {
    if (each.retired || seen.has(originOf(each))) return false;
    seen.add(originOf(each));
    return true;
  }).map(({ id }) => id);
}
