// One line of a log as an element: colours, JSON, what is searched for.

import { AnsiUp } from "./vendor/ansi_up.js";

const SIGNS = /\b(ERROR|CRITICAL|FATAL|Traceback \(most recent call last\)|[A-Z]\w*(?:Error|Exception):)/;
const MESSAGE = ["message", "msg", "event", "text"];
const LEVEL = ["level", "levelname", "severity", "lvl"];
const TIME = ["time", "timestamp", "ts", "asctime", "@timestamp"];

export function clock(micros) {
  if (!micros) return "";
  const at = new Date(micros / 1000);
  const two = (n, width = 2) => String(n).padStart(width, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${two(at.getMilliseconds(), 3)}`;
}

export function element(line, { label, state, pattern, current }) {
  const [source, index, time, text, whole] = line;
  const row = make("div", "row");
  row.dataset.key = `${source}.${index}`;
  if (current) row.classList.add("current");
  if (SIGNS.test(text)) row.classList.add("error");
  if (state.times) {
    const at = make("span", "time", clock(time));
    if (time) at.title = new Date(time / 1000).toISOString();
    row.append(at);
  }
  if (label) row.append(make("span", `who r${source % 10}`, label));
  const shown = make("span", "text");
  const fields = state.json ? parsed(text) : null;
  if (fields) json(shown, fields);
  else coloured(shown, text);
  if (pattern) mark(shown, pattern);
  if (whole) {
    const more = make("button", "more", ` … all ${whole.toLocaleString("en")} bytes`);
    more.dataset.line = `${source}.${index}`;
    shown.append(more);
  }
  if (!text) shown.append("\u00a0");
  row.append(shown);
  return row;
}

function make(tag, names, text) {
  const found = document.createElement(tag);
  found.className = names;
  if (text !== undefined) found.textContent = text;
  return found;
}

// Colours come as classes; those of 24 bits as a style, which the page's policy lets a script set, but no markup.
function coloured(into, text) {
  if (!text.includes("\u001b")) {
    into.textContent = text;
    return;
  }
  const ansi = new AnsiUp();
  ansi.use_classes = true;
  into.innerHTML = ansi.ansi_to_html(text).replaceAll('<span style="', '<span data-style="');
  for (const one of into.querySelectorAll("[data-style]")) one.style.cssText = one.dataset.style;
}

function parsed(text) {
  if (!text.startsWith("{") || !text.trimEnd().endsWith("}")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function json(into, fields) {
  const left = { ...fields };
  const take = (names) => {
    const name = names.find((one) => typeof left[one] === "string" || typeof left[one] === "number");
    if (name === undefined) return "";
    const value = String(left[name]);
    delete left[name];
    return value;
  };
  take(TIME);
  const level = take(LEVEL);
  if (level) into.append(make("span", `level ${level.toLowerCase()}`, level), " ");
  const message = take(MESSAGE);
  if (message) into.append(message, " ");
  for (const [name, value] of Object.entries(left)) {
    into.append(make("span", "field", `${name}=`), typeof value === "object" ? JSON.stringify(value) : String(value), " ");
  }
  into.title = JSON.stringify(fields, null, 1);
}

// The same meaning as on the server: a text or an expression, case only where it matters.
export function patternOf(text, marks) {
  if (!text) return null;
  const source = marks.includes("r") ? text : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const cased = marks.includes("c") || text !== text.toLowerCase();
  try {
    return new RegExp(source, cased ? "g" : "gi");
  } catch {
    return null;
  }
}

function mark(into, pattern) {
  const texts = [];
  const walker = document.createTreeWalker(into, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const node of texts) {
    const parts = [];
    let end = 0;
    for (const found of node.data.matchAll(pattern)) {
      if (!found[0]) continue;
      parts.push(node.data.slice(end, found.index), make("mark", "", found[0]));
      end = found.index + found[0].length;
    }
    if (end) node.replaceWith(...parts, node.data.slice(end));
  }
}
