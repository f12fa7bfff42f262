// The line at the top: which jobs, how they are, and how lines are shown.

import { html } from "./vendor/htm-preact.js";
import { viewOf } from "./url.js";

export function Toolbar({ known, state, change, lines, setHelp, firstError, previous }) {
  const { jobs, sources } = known;
  const errors = sources.some((one) => one.error);
  const restarted = jobs.some((job) => job.instances.some((one) => one.restarts)) && !sources.some((one) => one.previous);
  const list = lines.current;
  const download = `api/download?${new URLSearchParams({ ...viewOf(state), times: state.times ? "1" : "0" })}`;
  return html`<header>
    <h1>${jobs.map((job) => html`<span class="job"><b>${job.name}</b> <span class="phase ${job.phase.toLowerCase()}">${job.phase}</span></span>`)}</h1>
    <nav>
      <${Switch} on=${!list || list.follow} title="show the newest lines as they come (F)" click=${() => (list.follow ? list.hold() : list.go(list.total))}>follow<//>
      <${Switch} on=${state.wrap} title="wrap long lines (w)" click=${() => change({ wrap: !state.wrap })}>wrap<//>
      <${Switch} on=${state.times} title="show when each line was written (t)" click=${() => change({ times: !state.times })}>times<//>
      <${Switch} on=${state.json} title="show lines of JSON as text (J)" click=${() => change({ json: !state.json })}>json<//>
      <${Switch} on=${state.lanes} title="the time line (T)" click=${() => change({ lanes: !state.lanes })}>time line<//>
      ${errors && html`<button class="bad" title="go to the first error (e)" onClick=${firstError}>first error</button>`}
      ${restarted && html`<button title="also show the runs before the restarts (p)" onClick=${previous}>previous runs</button>`}
      <a class="button" href=${download} download title="download the lines that are listed">download</a>
      <${Switch} on=${state.side !== ""} title="the job beside its logs (i)" click=${() => change({ side: state.side ? "" : "status" })}>job<//>
      <button onClick=${() => change({ theme: isDark(state) ? "light" : "dark" })} title="dark or light (D)">${isDark(state) ? "light" : "dark"}</button>
      <button onClick=${() => setHelp(true)} title="the keys (h)">keys</button>
    </nav>
  </header>`;
}

export function isDark(state) {
  return state.theme ? state.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function Switch({ on, title, click, children }) {
  return html`<button aria-pressed=${on ? "true" : "false"} title=${title} onClick=${click}>${children}</button>`;
}
