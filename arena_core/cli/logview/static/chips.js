// One chip for each source of lines: a click shows it alone, further clicks add others.

import { html } from "./vendor/htm-preact.js";
import { numbers, ranges } from "./url.js";

// By job, the chief first, then as people count: worker-2 before worker-10, a previous run after the one it was before.
export function inOrder({ sources, jobs }) {
  const chiefs = new Set(jobs.flatMap((job, n) => job.instances.filter((one) => one.chief).map((one) => `${n}/${one.name}`)));
  const rank = (one) => [one.job, chiefs.has(`${one.job}/${one.pod}`) ? 0 : 1];
  return [...sources].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x[0] - y[0] || x[1] - y[1] || a.label.localeCompare(b.label, "en", { numeric: true }) || a.previous - b.previous || a.n - b.n;
  });
}

export function choose(state, all, number) {
  const chosen = numbers(state.s);
  if (!state.s || state.s === "none") return `${number}`;
  chosen.has(number) ? chosen.delete(number) : chosen.add(number);
  return chosen.size === 0 || chosen.size === all.length ? "" : ranges(chosen);
}

export function Chips({ known, state, change }) {
  const { jobs } = known;
  const sources = inOrder(known);
  if (sources.length < 2) return null;
  const chosen = state.s ? numbers(state.s) : null;
  const failed = sources.filter((one) => one.error);
  const several = jobs.length > 1;
  return html`<div class="chips" role="group" aria-label="instances">
    <button class="chip all" aria-pressed=${chosen ? "false" : "true"} onClick=${() => change({ s: "" })}>all ${sources.length}</button>
    ${failed.length > 0 && failed.length < sources.length && html`<button class="chip all" onClick=${() => change({ s: ranges(new Set(failed.map((one) => one.n))) })}>with errors ${failed.length}</button>`}
    ${sources.map(
      (one) => html`<button
        key=${one.n}
        class="chip r${one.n % 10}"
        aria-pressed=${!chosen || chosen.has(one.n) ? "true" : "false"}
        title="${one.pod}: ${one.lines.toLocaleString("en")} lines${one.error ? `; ${one.error[2]}` : ""}"
        onClick=${() => change({ s: choose(state, sources, one.n) })}
      >${one.error && html`<i class="bad">!</i>`}${several ? `${jobs[one.job].name}/` : ""}${one.label}${one.previous ? " ↺" : ""}</button>`,
    )}
  </div>`;
}
