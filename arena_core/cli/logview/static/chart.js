// Figures that an instance prints, as curves over time.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { ask, pause } from "./api.js";
import { inOrder } from "./chips.js";

const EVERY = 3000;
let library;

// uPlot and its style, when the first curve is wanted.
function plots() {
  library ??= (async () => {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = "vendor/uplot.css";
    document.head.append(style);
    return (await import("./vendor/uplot.js")).default;
  })();
  return library;
}

export function Curves({ known, number, state, jumpTo }) {
  const mine = inOrder(known).filter((source) => source.job === number && !source.previous);
  const [chosen, setChosen] = useState(null);
  const [data, setData] = useState(null);
  const source = mine.find((one) => one.n === chosen) ?? mine[0];
  useEffect(() => {
    if (!source) return undefined;
    let gone = false;
    (async () => {
      while (!gone) {
        let found;
        try {
          found = await ask("metrics", { s: source.n });
        } catch (error) {
          found = { curves: [], done: 1, failed: error.message };
        }
        if (!gone) setData(found);
        await pause(found.done < 1 ? 50 : EVERY);
      }
    })();
    return () => (gone = true);
  }, [source?.n]);
  if (!source) return html`<p>There are no lines.</p>`;
  return html`
    <select aria-label="instance" onChange=${(event) => setChosen(Number(event.target.value))}>${mine.map((one) => html`<option value=${one.n} selected=${one.n === source.n}>${one.label}</option>`)}</select>
    ${data?.failed && html`<p class="notice bad">${data.failed}</p>`}
    ${!data ? html`<p class="dim">Reading…</p>` : !data.curves.length && data.done === 1 ? html`<p>${source.label} prints no figures that are recognised (a step or an epoch with a loss or the like).</p>` : ""}
    ${data && data.done < 1 && html`<p class="dim">Read so far: ${Math.floor(data.done * 100)} %</p>`}
    ${data?.curves.map((curve) => html`<${Curve} key=${`${source.n} ${curve.name}`} curve=${curve} theme=${state.theme} jumpTo=${jumpTo} />`)}
  `;
}

function Curve({ curve, theme, jumpTo }) {
  const box = useRef();
  const plot = useRef();
  const last = curve.values.at(-1);
  useEffect(() => {
    let gone = false;
    plots().then((UPlot) => {
      if (gone || !box.current) return;
      const style = getComputedStyle(document.documentElement);
      const [text, line, strong] = ["--dim", "--line", "--strong"].map((name) => style.getPropertyValue(name));
      const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, font: "10px system-ui" };
      const values = (_, all) => all.map((value) => (value && Math.abs(value) < 1e-3 ? value.toExponential(1) : String(+value.toPrecision(6))));
      plot.current?.destroy();
      plot.current = new UPlot(
        {
          width: Math.max(200, box.current.clientWidth), height: 130, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false } },
          axes: [{ ...axis, space: 70 }, { ...axis, size: 52, values }],
          series: [{}, { stroke: strong, width: 1.5, points: { show: curve.values.length < 40, size: 4 } }],
          hooks: { ready: [(made) => made.over.addEventListener("click", () => made.cursor.idx != null && jumpTo(made.data[0][made.cursor.idx] * 1e6))] },
        },
        [curve.times.map((at) => at / 1e6), curve.values],
        box.current,
      );
    });
    return () => (gone = true);
  }, [theme]);
  useEffect(() => () => plot.current?.destroy(), []);
  useEffect(() => plot.current?.setData([curve.times.map((at) => at / 1e6), curve.values]), [curve.values.length]);
  return html`<figure><figcaption><b>${curve.name}</b> <span class="dim">${+last.toPrecision(6)}</span></figcaption><div ref=${box}></div></figure>`;
}
