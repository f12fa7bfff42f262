// What is searched for (with its count and the place of the hit) and what the list is filtered by.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";

export function Search({ hit, list, state, change, search, lines }) {
  const back = () => lines.current.scroller.focus();
  return html`<form class="search" role="search" onSubmit=${(event) => event.preventDefault()}>
    <${Field} name="search" mark="/" words="search" text=${state.q} marks=${state.qm} set=${(q, qm) => change({ q, qm })} enter=${(up) => (search(up ? -1 : 1), back())} back=${back} />
    <output aria-live="polite" class=${hit.failed ? "bad" : ""}>${counted(hit, state)}</output>
    <button onClick=${() => search(-1)} disabled=${!hit.count} title="the hit before (N)" aria-label="previous hit">↑</button>
    <button onClick=${() => search(1)} disabled=${!hit.count} title="the next hit (n)" aria-label="next hit">↓</button>
    <${Field} name="filter" mark="&" words="only lines with" text=${state.f} marks=${state.fm} invertible set=${(f, fm) => change({ f, fm })} enter=${back} back=${back} />
    <output class="total">${total(list)}</output>
  </form>`;
}

function counted(hit, state) {
  if (hit.failed) return hit.failed;
  if (!state.q) return "";
  const count = `${hit.count.toLocaleString("en")}${hit.more ? "+" : ""}`;
  const far = hit.done < 1 ? ` (${Math.floor(hit.done * 100)} %)` : "";
  return hit.line ? `${hit.n.toLocaleString("en")} of ${count}${far}` : `${count} found${far}`;
}

function total(list) {
  if (!list) return "";
  const far = list.done < 1 ? ` (${Math.floor(list.done * 100)} %)` : "";
  return `${list.total.toLocaleString("en")}${list.more ? "+" : ""} lines${far}`;
}

function Field({ name, mark, words, text, marks, set, enter, back, invertible }) {
  const timer = useRef();
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const toggle = (letter) => set(typed, marks.includes(letter) ? marks.replace(letter, "") : marks + letter);
  const take = (value, wait) => {
    setTyped(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => set(value, marks), wait);
  };
  const key = (event) => {
    if (event.key === "Enter") {
      clearTimeout(timer.current);
      set(event.target.value, marks);
      setTimeout(() => enter(event.shiftKey), 0);
    } else if (event.key === "Escape") {
      take("", 0);
      back();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<span class="field">
    <label for=${name} title=${words}>${mark}</label>
    <input id=${name} name=${name} type="text" autocomplete="off" spellcheck="false" placeholder=${words} value=${typed} onInput=${(event) => take(event.target.value, 80)} onKeyDown=${key} />
    <${Mark} on=${marks.includes("r")} click=${() => toggle("r")} title="a regular expression">.*<//>
    <${Mark} on=${marks.includes("c")} click=${() => toggle("c")} title="case matters; it does anyway where there is a capital letter">Aa<//>
    ${invertible && html`<${Mark} on=${marks.includes("!")} click=${() => toggle("!")} title="all lines but those">!<//>`}
  </span>`;
}

function Mark({ on, click, title, children }) {
  return html`<button type="button" class="mark" aria-pressed=${on ? "true" : "false"} title=${title} onClick=${click}>${children}</button>`;
}
