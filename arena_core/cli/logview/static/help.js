// The keys, in a window above the page.

import { html, useEffect, useRef } from "./vendor/htm-preact.js";
import { KEYS } from "./keys.js";

export function Help({ close }) {
  const box = useRef();
  useEffect(() => {
    box.current.showModal();
  }, []);
  return html`<dialog ref=${box} onClose=${close} onKeyDown=${(event) => ["h", "q"].includes(event.key) && box.current.close()} aria-label="keys">
    <h2>Keys</h2>
    <table>${KEYS.map(([keys, what]) => html`<tr><th scope="row">${keys}</th><td>${what}</td></tr>`)}</table>
    <button onClick=${() => box.current.close()}>close</button>
  </dialog>`;
}
