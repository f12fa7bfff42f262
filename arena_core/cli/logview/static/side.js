// What is beside the logs: the job, why it does not run, events, what it serves, figures as curves.

import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { ask } from "./api.js";
import { Curves } from "./chart.js";

const TABS = { status: "Status", why: "Why", events: "Events", endpoints: "Endpoints", metrics: "Metrics" };
const PATHS = { status: "facts", why: "why", events: "events", endpoints: "endpoints" };
const EVERY = 5000;

export function Side({ known, state, change, jumpTo }) {
  const [number, setNumber] = useState(0);
  const [data, setData] = useState({});
  const { jobs } = known;
  const job = jobs[Math.min(number, jobs.length - 1)];
  const tab = TABS[state.side] ? state.side : "status";
  useEffect(() => {
    if (tab === "metrics" || !job) return undefined;
    let gone = false;
    const look = async () => {
      try {
        const found = await ask(PATHS[tab], { j: number });
        if (!gone) setData({ tab, number, ...found });
      } catch (error) {
        if (!gone) setData((old) => ({ ...old, tab, number, failed: error.message }));
      }
    };
    look();
    const timer = setInterval(look, EVERY);
    return () => ((gone = true), clearInterval(timer));
  }, [tab, number, job?.phase]);
  if (!job) return null;
  const there = data.tab === tab && data.number === number ? data : null;
  const parts = { status: Status, why: Why, events: Events, endpoints: Endpoints };
  return html`<aside class="side" aria-label="the job">
    <div class="tabs" role="tablist">
      ${Object.entries(TABS).map(([name, text]) => html`<button role="tab" aria-selected=${name === tab ? "true" : "false"} onClick=${() => change({ side: name })}>${text}</button>`)}
      <button class="close" onClick=${() => change({ side: "" })} aria-label="close" title="close (i)">×</button>
    </div>
    ${jobs.length > 1 && html`<select aria-label="job" onChange=${(event) => setNumber(Number(event.target.value))}>${jobs.map((one, n) => html`<option value=${n} selected=${n === number}>${one.name}</option>`)}</select>`}
    <div class="panel" role="tabpanel">
      ${tab === "metrics" ? html`<${Curves} known=${known} number=${number} state=${state} jumpTo=${jumpTo} />` : !there ? html`<p class="dim">Looking…</p>` : html`<${parts[tab]} ...${there} job=${job} />`}
      ${there?.unread && html`<p class="notice">${there.unread}</p>`}
      ${there?.failed && html`<p class="notice bad">${there.failed}</p>`}
    </div>
  </aside>`;
}

function Status({ lines = [], about = "", job }) {
  return html`
    <dl>${lines.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    <h3>Instances</h3>
    <table class="instances">
      <tr><th>Name</th><th>Status</th><th>Node</th><th>Restarts</th><th>Exit</th></tr>
      ${job.instances.map((one) => html`<tr title=${one.reason}><td>${one.label}${one.chief ? " ★" : ""}</td><td>${one.status}</td><td>${one.node}</td><td>${one.restarts || ""}</td><td class=${one.exit ? "bad" : ""}>${one.exit ?? ""}</td></tr>`)}
    </table>
    ${about && html`<pre>${about}</pre>`}
  `;
}

function Why({ causes = [], job }) {
  if (!causes.length) return html`<p>${job.phase === "SUCCEEDED" ? "It has succeeded." : "No problem was found."}</p>`;
  return html`<ol class="causes">${causes.map(
    (one) => html`<li>
      <p>${one.object && !one.message.includes(one.object.split("/")[1]) ? `${one.object}: ` : ""}${one.message}</p>
      ${one.lines.length > 0 && html`<pre>${one.lines.join("\n")}</pre>`}
      ${one.hint && html`<p class="dim">→ ${one.hint}</p>`}
    </li>`,
  )}</ol>`;
}

function Events({ events = [] }) {
  if (!events.length) return html`<p>There are no events.</p>`;
  return html`<ul class="events">${events.map(
    (one) => html`<li class=${one.type.toLowerCase()}>
      <b>${one.reason}</b> <span class="dim">${one.object}${one.count > 1 ? ` ×${one.count}` : ""} ${one.at ? new Date(one.at).toLocaleTimeString() : ""}</span><br />${one.message}
    </li>`,
  )}</ul>`;
}

function Endpoints({ endpoints = [], job }) {
  if (!endpoints.length) return html`<p>${job.name} serves nothing${job.finished ? " any more" : ""}.</p>`;
  return html`<dl>${endpoints.map(
    (one) => html`<dt>${one.name}</dt>
      <dd>
        ${/^https?:\/\//.test(one.address) ? html`<a href=${one.address} target="_blank" rel="noopener noreferrer">${one.address}</a>` : one.address || "no address"}
        <span class="dim"> ${{ true: "ready", false: "not ready", null: "" }[one.ready]} ${one.detail}</span>
        <br /><code>arena open ${job.name} ${one.name}</code>
      </dd>`,
  )}</dl>`;
}
