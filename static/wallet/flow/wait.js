// Asking again until an answer comes, without pressing the server: every second, slower when it does not answer.

/** Calls `ask()` until `done(answer)`; gives that answer, or null once `signal` is aborted. */
export async function waitFor({ ask, done, signal, every = 1000 }) {
  let pause = every;
  while (!signal.aborted) {
    try {
      const answer = await ask();
      if (signal.aborted) return null;
      if (done(answer)) return answer;
      pause = every;
    } catch (problem) {
      if (problem.status === 404 || problem.status === 410) return { state: "expired" };
      pause = Math.min(pause * 2, 8000);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return null;
}
