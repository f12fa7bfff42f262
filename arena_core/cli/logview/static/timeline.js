// The time line: a row for each instance with its waiting, its lines, silences, restarts, first error and end. A click goes there.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { inOrder } from "./chips.js";
import { clock } from "./line.js";

const HEIGHT = 15;
const micros = (text) => (text ? Date.parse(text) * 1000 : 0);

// One row for each instance of each job, also for those that have no line yet, and for lines whose instance is gone.
export function lanes({ jobs, sources, now }) {
  const found = new Map();
  const lane = (job, name, label) => {
    const key = `${job}/${name}`;
    if (!found.has(key)) found.set(key, { key, job, name, label, sources: [], marks: [] });
    return found.get(key);
  };
  const ordered = inOrder({ jobs, sources });
  for (const source of ordered) lane(source.job, source.pod, source.label).sources.push(source);
  jobs.forEach((job, n) => {
    for (const one of job.instances) {
      const at = lane(n, one.name, one.label);
      const started = micros(one.started);
      const finished = micros(one.finished);
      Object.assign(at, { instance: one, created: micros(one.created), started, finished, running: one.phase === "Running" && !finished });
      at.until = finished || (at.running || (!started && !job.finished) ? now : 0);
    }
  });
  return [...found.values()];
}

function span(rows, { from, to }) {
  const begins = rows.flatMap((row) => [row.created, row.started]).concat(from).filter(Boolean);
  const ends = rows.flatMap((row) => [row.until, row.finished]).concat(to).filter(Boolean);
  const [begin, end] = [Math.min(...begins), Math.max(...ends)];
  return begins.length && ends.length ? { begin, end: Math.max(end, begin + 1e6) } : null;
}

export function Timeline({ known, state, change, list, jump, choose }) {
  const canvas = useRef();
  const box = useRef();
  const [cursor, setCursor] = useState(null);
  const rows = lanes(known);
  const time = span(rows, known);
  const seen = list?.rows[Math.floor(list.top) - list.at]?.[2] ?? 0;
  useEffect(() => {
    if (!canvas.current || !time) return undefined;
    const draw = () => paint(canvas.current, rows, time, known, seen, cursor);
    draw();
    const watch = new ResizeObserver(draw);
    watch.observe(box.current);
    return () => watch.disconnect();
  });
  if (!rows.length || !time) return null;
  const place = (event) => {
    const at = canvas.current.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - at.left) / at.width));
    return { time: time.begin + share * (time.end - time.begin), row: Math.max(0, Math.min(rows.length - 1, Math.floor((event.clientY - at.top) / HEIGHT))) };
  };
  const key = (event) => {
    const now = cursor ?? { time: seen || time.begin, row: 0 };
    const step = (time.end - time.begin) / (event.shiftKey ? 10 : 100);
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (moves[event.key]) {
      const [by, rowsBy] = moves[event.key];
      setCursor({ time: Math.max(time.begin, Math.min(time.end, now.time + by)), row: Math.max(0, Math.min(rows.length - 1, now.row + rowsBy)) });
    } else if (event.key === "Enter") jump(now.time, rows[now.row]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const what = cursor ? `${clock(cursor.time)} ${rows[cursor.row]?.label ?? ""} ${told(rows[cursor.row], cursor.time, known)}` : `${clock(time.begin)} – ${clock(time.end)}`;
  return html`<section class="timeline" aria-label="time line">
    <div class="scale"><span>${what}</span><span class="legend"><i class="wait"></i>waits <i class="lines"></i>lines <i class="silent"></i>silence <i class="restart"></i>restart <i class="bad"></i>first error</span></div>
    <div class="lanes" ref=${box}>
      <div class="names">${rows.map(
        (row) => html`<button key=${row.key} title="${row.name}${row.instance ? `: ${row.instance.status}` : ""}" class=${row.sources.length ? "" : "none"} onClick=${() => choose(row)}>${known.jobs.length > 1 ? `${known.jobs[row.job].name}/` : ""}${row.label}</button>`,
      )}</div>
      <canvas
        ref=${canvas}
        tabindex="0"
        role="slider"
        aria-label="time; the arrow keys move, Enter goes there"
        aria-valuemin=${time.begin}
        aria-valuemax=${time.end}
        aria-valuenow=${Math.round(cursor?.time ?? seen)}
        aria-valuetext=${what}
        style=${{ height: `${rows.length * HEIGHT}px` }}
        onKeyDown=${key}
        onMouseMove=${(event) => setCursor(place(event))}
        onMouseLeave=${() => setCursor(null)}
        onBlur=${() => setCursor(null)}
        onClick=${(event) => jump(place(event).time, rows[place(event).row])}
      ></canvas>
    </div>
  </section>`;
}

function told(row, at, known) {
  if (!row) return "";
  if (row.created && (!row.started ? row.until > at : at < row.started) && at >= row.created) return "waits to start";
  for (const source of row.sources) {
    if (source.error && Math.abs(source.error[1] - at) < (known.to - known.from) / 120) return `first error: ${source.error[2]}`;
    const gap = source.silences.find(([a, b]) => a < at && at < b);
    if (gap) return `silent for ${Math.round((gap[1] - gap[0]) / 1e6)} s`;
  }
  if (row.finished && at > row.finished) return `ended${row.instance.exit === null ? "" : ` with ${row.instance.exit}`}`;
  return "";
}

function paint(canvas, rows, { begin, end }, known, seen, cursor) {
  const [width, height] = [canvas.clientWidth, rows.length * HEIGHT];
  if (!width) return;
  const sharp = devicePixelRatio || 1;
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  const draw = canvas.getContext("2d");
  draw.scale(sharp, sharp);
  const style = getComputedStyle(canvas);
  const colour = (name) => style.getPropertyValue(`--${name}`);
  const x = (time) => ((time - begin) / (end - begin)) * width;
  const bar = (from, to, top, tall, fill, alpha = 1) => {
    draw.globalAlpha = alpha;
    draw.fillStyle = fill;
    const left = Math.round(x(from));
    draw.fillRect(left, top, Math.max(1, Math.round(x(to)) - left), tall);
    draw.globalAlpha = 1;
  };
  const most = Math.max(1, ...known.sources.flatMap((source) => source.counts));
  rows.forEach((row, n) => {
    const top = n * HEIGHT + 2;
    const tall = HEIGHT - 4;
    const started = row.started || row.sources[0]?.first || 0;
    if (row.created) bar(row.created, started || row.until || end, top + tall / 2 - 1, 2, colour("wait"), 0.8);
    const last = row.until || Math.max(0, ...row.sources.map((source) => source.last));
    if (started && last) bar(started, last, top, tall, colour("line"), 0.8);
    for (const source of row.sources) counted(source, known, most, (a, b, share) => bar(a, b, top, tall, colour(`r${source.n % 10}`), 0.25 + 0.75 * share));
    for (const source of row.sources) {
      for (const [a, b] of source.silences) {
        bar(a, b, top, tall, colour("back"));
        hatch(draw, x(a), x(b), top, tall, colour("dim"));
      }
    }
    const newest = Math.max(0, ...row.sources.map((source) => source.last));
    if (row.running && newest && row.until - newest > 60e6) hatch(draw, x(newest), x(row.until), top, tall, colour("dim"));
    if (row.instance?.restarts && row.sources.some((source) => source.previous)) {
      for (const source of row.sources) if (!source.previous && source.first) triangle(draw, x(source.first), top + tall, colour("wait"));
    } else if (row.instance?.restarts && row.sources[0]?.first) triangle(draw, x(row.sources[0].first), top + tall, colour("wait"));
    const failed = row.instance && (row.instance.exit || row.instance.phase === "Failed");
    if (row.finished) bar(row.finished, row.finished, top - 1, tall + 2, colour(failed ? "bad" : "good"));
    for (const source of row.sources) if (source.error) spot(draw, x(source.error[1]), top + tall / 2, colour("bad"));
  });
  if (seen) bar(seen, seen, 0, height, colour("strong"), 0.9);
  if (cursor) {
    bar(cursor.time, cursor.time, 0, height, colour("text"), 0.5);
    draw.strokeStyle = colour("strong");
    draw.strokeRect(0.5, cursor.row * HEIGHT + 0.5, width - 1, HEIGHT - 1);
  }
}

function counted(source, known, most, each) {
  const wide = (known.to - known.from) / Math.max(1, source.counts.length);
  source.counts.forEach((count, n) => {
    if (count) each(known.from + n * wide, known.from + (n + 1) * wide, Math.sqrt(count / most));
  });
}

function hatch(draw, from, to, top, tall, colour) {
  draw.save();
  draw.beginPath();
  draw.rect(from, top, Math.max(2, to - from), tall);
  draw.clip();
  draw.strokeStyle = colour;
  draw.globalAlpha = 0.7;
  draw.beginPath();
  for (let x = from - tall; x < to; x += 5) {
    draw.moveTo(x, top + tall);
    draw.lineTo(x + tall, top);
  }
  draw.stroke();
  draw.restore();
}

function triangle(draw, x, y, colour) {
  draw.fillStyle = colour;
  draw.beginPath();
  draw.moveTo(x, y - 8);
  draw.lineTo(x + 4, y);
  draw.lineTo(x - 4, y);
  draw.fill();
}

function spot(draw, x, y, colour) {
  draw.fillStyle = colour;
  draw.beginPath();
  draw.arc(x, y, 4, 0, 7);
  draw.fill();
}
