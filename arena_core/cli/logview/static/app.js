// The page: what is looked at (the state, also in the address), what is known (jobs, sources), and the parts that show it.

import { html, render, useEffect, useLayoutEffect, useReducer, useRef, useState } from "./vendor/htm-preact.js";
import { ask, listen } from "./api.js";
import { Chips, choose } from "./chips.js";
import { Help } from "./help.js";
import { bind } from "./keys.js";
import { element, patternOf } from "./line.js";
import { Lines } from "./list.js";
import { Search } from "./search.js";
import { Side } from "./side.js";
import { Timeline } from "./timeline.js";
import { Toolbar } from "./toolbar.js";
import { numbers, ranges, read, viewOf, write } from "./url.js";

function App() {
  const [state, change] = useReducer((old, news) => ({ ...old, ...news }), null, read);
  const [known, setKnown] = useState({ jobs: [], sources: [] });
  const [lost, setLost] = useState(false);
  const [hit, setHit] = useState({ count: 0, n: 0, done: 1 });
  const [help, setHelp] = useState(false);
  const [, redraw] = useReducer((n) => n + 1, 0);
  const scroller = useRef();
  const lines = useRef();
  const cut = useRef(new Map());
  const latest = useRef({});
  Object.assign(latest.current, { state, known, hit, cut: cut.current });

  useLayoutEffect(() => {
    const draw = (rows, shift) => drawInto(lines.current.port, rows, shift, latest.current);
    lines.current = new Lines({ scroller: scroller.current, draw, moved: redraw, failed: (error) => setHit({ failed: error.message }) });
    lines.current.look(latest.current.state);
    const changed = async (what) => {
      await Promise.all([lines.current.refresh(), ask("state", { w: 120 }).then(setKnown)]);
      if (what.lines && latest.current.state.q) search(0);
    };
    listen(changed, setLost);
  }, []);

  useEffect(() => {
    write(state);
    document.documentElement.dataset.theme = state.theme || "";
    if (lines.current) lines.current.layout();
  }, [state]);
  useEffect(() => void lines.current?.look(state), [JSON.stringify(viewOf(state))]);
  useEffect(() => void lines.current?.measure(), [state.wrap]);
  useEffect(() => void search(0), [state.q, state.qm, JSON.stringify(viewOf(state))]);
  useEffect(() => lines.current?.paint(), [hit, known]);

  // The next hit (1), the one before (-1), or just how many there are (0); asked again until everything has been looked through.
  async function search(step) {
    const { state: now } = latest.current;
    if (!now.q) return setHit({ count: 0, n: 0, done: 1 });
    const list = lines.current;
    const last = latest.current.hit;
    const same = last.line && last.q === now.q && last.qm === now.qm;
    // From the hit that is marked, if it can be seen; else from the top of what can be seen.
    const from = same && (step === 0 || seen(list, last.row)) ? { anchor: `${last.line[0]}.${last.line[1]}.0` } : { at: Math.floor(list.top) };
    try {
      const found = await ask("search", { ...viewOf(now), q: now.q, qm: now.qm, ...from, step });
      const { state: then } = latest.current;
      if (then.q !== now.q || then.qm !== now.qm) return;
      setHit(merge(latest.current.hit, { ...found, q: now.q, qm: now.qm }, step));
      if (step !== 0 && found.row >= 0) {
        list.go(found.row - list.visible / 3);
        list.hold();
      }
      if (found.done < 1 && step === 0) setTimeout(() => search(0), 60);
    } catch (error) {
      setHit({ count: 0, n: 0, done: 1, failed: error.message });
    }
  }

  // Go to the line that was written at a time; of an instance that is not listed, list it, too.
  async function jumpTo(time, lane) {
    const { state: now } = latest.current;
    if (lane?.sources.length && now.s && now.s !== "none") {
      const wanted = new Set([...numbers(now.s), ...lane.sources.map((one) => one.n)]);
      if (ranges(wanted) !== now.s) {
        change({ s: ranges(wanted) });
        await new Promise((done) => setTimeout(done, 0));
      }
    }
    await goTo({ t: Math.floor(time) });
  }

  // A line that was cut, whole.
  async function whole(event) {
    const key = event.target.dataset?.line;
    if (!key) return;
    const [s, i] = key.split(".");
    cut.current.set(key, await ask("line", { s, i }));
    lines.current.paint();
  }

  async function goTo(where, marked) {
    const { row } = await ask("row", { ...viewOf(latest.current.state), ...where });
    if (marked) setHit((old) => ({ ...old, line: marked, row, n: 0 }));
    lines.current.go(row - lines.current.visible / 4);
    lines.current.hold();
  }

  // The earliest of the first errors of all instances that are listed.
  function firstError() {
    const { known: all, state: now } = latest.current;
    const chosen = now.s ? numbers(now.s) : null;
    const found = all.sources.filter((one) => one.error && (!chosen || chosen.has(one.n))).sort((a, b) => a.error[1] - b.error[1])[0];
    if (found) goTo({ anchor: `${found.n}.${found.error[0]}.0` }, [found.n, found.error[0]]);
  }

  function chooseLane(lane) {
    const all = latest.current.known.sources;
    let { s } = latest.current.state;
    for (const one of lane.sources) s = choose({ s }, all, one.n);
    change({ s });
  }

  async function previous() {
    await Promise.all(latest.current.known.jobs.map((_, j) => ask("previous", { j })));
  }

  const acts = { state, change, lines, search, setHelp, help, firstError, previous };
  latest.current.acts = acts;
  useEffect(() => bind(() => latest.current.acts), []);
  const list = lines.current;
  return html`
    <${Toolbar} known=${known} ...${acts} />
    ${state.lanes && html`<${Timeline} known=${known} list=${list} jump=${jumpTo} choose=${chooseLane} ...${acts} />`}
    <${Chips} known=${known} ...${acts} />
    <${Search} hit=${hit} list=${list} ...${acts} />
    <${Notices} jobs=${known.jobs} lost=${lost} />
    <div class="middle">
    <main class=${state.wrap ? "lines wrap" : "lines"}>
      <div class="scroller" ref=${scroller} onClick=${whole} tabindex="0" role="log" aria-label="log lines"><div class="tall"><div class="port"></div></div></div>
      ${list && !list.total && html`<p class="empty">${waiting(known.jobs, state)}</p>`}
      ${list && !list.follow && html`<button class="fresh" onClick=${() => list.go(list.total)}>${list.fresh ? `${list.fresh.toLocaleString("en")} new ↓` : "paused ↓"}</button>`}
    </main>
    ${state.side && html`<${Side} known=${known} jumpTo=${jumpTo} ...${acts} />`}
    </div>
    ${help && html`<${Help} close=${() => setHelp(false)} />`}
  `;
}

// What is known of a search after an answer: a step marks a hit, a mere count leaves the mark where it is.
function merge(old, found, step) {
  if (step !== 0) return found;
  const marked = old.q === found.q && old.qm === found.qm ? old.line : null;
  if (!marked || !found.count) return { ...found, line: null, n: 0, row: -1 };
  return String(marked) === String(found.line) ? found : { ...old, count: found.count, done: found.done, more: found.more };
}

const seen = (list, row) => row >= list.top - 1 && row <= list.top + list.visible;

function waiting(jobs, state) {
  if (state.f || state.s) return "No line matches.";
  const texts = jobs.map((job) => job.waiting || (job.read ? "There are no lines." : "Reading the logs…"));
  return [...new Set(texts)].join(" ");
}

function Notices({ jobs, lost }) {
  const several = jobs.length > 1;
  const of = (job, texts) => texts.filter(Boolean).map((text) => (several ? `${job.name}: ${text}` : text));
  const bad = jobs.flatMap((job) => of(job, job.errors));
  const odd = jobs.flatMap((job) => of(job, [job.unread, ...job.notes]));
  return html`
    ${lost && html`<p class="notice bad" role="alert">arena logview has ended or does not answer: what you see stays as it was.</p>`}
    ${bad.map((text) => html`<p class="notice bad" role="alert">${text}</p>`)}
    ${odd.map((text) => html`<p class="notice">${text}</p>`)}
  `;
}

function drawInto(port, rows, shift, { state, known, hit, cut }) {
  const pattern = patternOf(state.q, state.qm);
  const names = known.sources;
  const several = known.jobs.length > 1;
  const made = rows.map((line) => {
    if (!line) return Object.assign(document.createElement("div"), { className: "row", textContent: " " });
    const source = names[line[0]];
    const all = line.length > 4 && cut.get(`${line[0]}.${line[1]}`);
    const label = !source || names.length === 1 ? "" : `${several ? `${known.jobs[source.job].name}/` : ""}${source.label}${source.previous ? " ↺" : ""}`;
    return element(all ? [...line.slice(0, 3), all] : line, { label, state, pattern, current: hit.line && hit.line[0] === line[0] && hit.line[1] === line[1] });
  });
  port.replaceChildren(...made);
  port.style.setProperty("--shift", `${shift}px`);
  const widest = Math.max(0, ...names.map((one) => one.label.length + (several ? known.jobs[one.job].name.length + 1 : 0)));
  port.style.setProperty("--who", `${Math.min(widest, 28)}ch`);
}

const app = document.getElementById("app");
app.replaceChildren();
render(html`<${App} />`, app);
