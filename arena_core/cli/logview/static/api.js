// Questions to the server of this page, which is the only one that it may ask.

export class Refused extends Error {}

export async function ask(path, query = {}, options = {}) {
  const words = new URLSearchParams(query).toString();
  const answer = await fetch(`api/${path}${words ? `?${words}` : ""}`, { cache: "no-store", ...options });
  if (!answer.ok) throw new Refused((await answer.text()).trim());
  return answer.headers.get("content-type").startsWith("application/json") ? answer.json() : answer.text();
}

// Calls `changed` whenever there is something new, and `lost` with whether the server is gone.
export async function listen(changed, lost) {
  let known = { lines: -1, state: -1 };
  for (;;) {
    try {
      const now = await ask("changes", known);
      lost(false);
      const what = { lines: now.lines !== known.lines, state: now.state !== known.state };
      known = now;
      if (what.lines || what.state) await changed(what);
      await pause(150);
    } catch {
      lost(true);
      known = { lines: -1, state: -1 };
      await pause(1500);
    }
  }
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
