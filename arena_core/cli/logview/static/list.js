// The list of lines: only what is seen is fetched and drawn, however long it is.
//
// The scroller holds one tall element that gives the scrollbar its size, and in it a window that stays where it is. A position is a
// row, with a fraction: it is kept by the line that stands there, since lines of other instances may still come in above it.

import { ask } from "./api.js";
import { viewOf } from "./url.js";

const TALLEST = 6_000_000;
const AROUND = 80;

export class Lines {
  constructor({ scroller, draw, moved, failed }) {
    this.scroller = scroller;
    this.tall = scroller.firstElementChild;
    this.port = this.tall.firstElementChild;
    this.draw = draw;
    this.moved = moved;
    this.failed = failed;
    this.view = {};
    this.total = 0;
    this.done = 1;
    this.more = false;
    this.top = 0;
    this.follow = true;
    this.fresh = 0;
    this.rowHeight = 18;
    this.at = 0;
    this.rows = [];
    this.anchor = null;
    this.set = -1;
    scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    scroller.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => this.measure()).observe(scroller);
  }

  get visible() {
    return Math.max(1, this.scroller.clientHeight / this.rowHeight);
  }

  get last() {
    return Math.max(0, this.total - this.visible);
  }

  measure() {
    const probe = document.createElement("div");
    probe.className = "row";
    probe.innerHTML = '<span class="text">M</span>';
    this.port.append(probe);
    this.rowHeight = probe.getBoundingClientRect().height || 18;
    probe.remove();
    this.layout();
    this.refresh();
  }

  // Look at something else; the place is kept where the line that stands there is in the new view, too.
  look(state, { place = true } = {}) {
    this.view = viewOf(state);
    this.rows = [];
    if (!place) this.anchor = null;
    return this.refresh();
  }

  async refresh() {
    if (this.asking) {
      this.again = true;
      return this.asking;
    }
    this.asking = this.fetch().catch((error) => this.failed(error)).finally(() => (this.asking = null));
    await this.asking;
    if (this.again) {
      this.again = false;
      return this.refresh();
    }
  }

  async fetch() {
    const count = Math.ceil(this.visible) + 2 * AROUND;
    const query = { ...this.view, n: count };
    const { anchor, follow, top } = this;
    if (follow) query.end = 1;
    else if (anchor) Object.assign(query, { anchor: anchor.slice(0, 3).join("."), at: -AROUND });
    else query.at = Math.max(0, Math.floor(top) - AROUND);
    const answer = await ask("lines", query);
    const grown = answer.total - this.total;
    Object.assign(this, { total: answer.total, done: answer.done, more: answer.more, at: answer.at, rows: answer.rows });
    if (this.follow) {
      this.fresh = 0;
      this.top = this.last;
    } else {
      if (grown > 0 && this.known) this.fresh += grown;
      if (follow !== this.follow || anchor !== this.anchor) this.again = true;
      else if (anchor) this.top = Math.min(answer.anchor + (top - Math.floor(top)), this.last);
    }
    this.known = true;
    if (!this.anchor) this.note();
    this.layout();
    if (this.done < 1) this.again = true;
    this.moved();
  }

  layout() {
    const height = Math.min(this.total * this.rowHeight, TALLEST);
    this.tall.style.height = `${Math.max(height, this.scroller.clientHeight)}px`;
    this.place();
    this.paint();
  }

  // Move the scrollbar to where the position is.
  place() {
    const room = this.tall.clientHeight - this.scroller.clientHeight;
    this.set = this.follow || !this.last ? room : Math.min(room, (this.top / this.last) * room);
    if (Math.abs(this.scroller.scrollTop - this.set) > 0.5) this.scroller.scrollTop = this.set;
    this.set = this.scroller.scrollTop;
  }

  scrolled() {
    const at = this.scroller.scrollTop;
    if (Math.abs(at - this.set) < 1) return;
    this.set = at;
    const room = this.tall.clientHeight - this.scroller.clientHeight;
    this.go(room > 0 ? (at / room) * this.last : 0, { place: false });
  }

  wheel(event) {
    if (event.ctrlKey || event.shiftKey || this.total * this.rowHeight <= TALLEST || !event.deltaY) return;
    event.preventDefault();
    this.go(this.top + (event.deltaMode ? event.deltaY * 3 : event.deltaY / this.rowHeight));
  }

  // Go to a row; the end is followed.
  go(row, { place = true } = {}) {
    this.top = Math.max(0, Math.min(row, this.last));
    const end = this.top >= this.last - 0.5;
    if (end && !this.follow) this.fresh = 0;
    this.follow = end;
    this.note();
    if (place) this.place();
    this.paint();
    if (this.missing()) this.refresh();
    this.moved();
  }

  // Stay here, though more comes.
  hold() {
    this.follow = false;
    this.note();
    this.moved();
  }

  // Remember the line at the top, if it is there.
  note() {
    this.anchor = this.follow ? null : (this.rows[Math.floor(this.top) - this.at] ?? null);
  }

  missing() {
    const first = Math.floor(this.top);
    const last = Math.min(this.total, first + Math.ceil(this.visible) + 1);
    return first < this.at || last > this.at + this.rows.length;
  }

  // The lines that are seen, from the top or up to the end.
  paint() {
    const count = Math.ceil(this.visible) + 1;
    const first = this.follow ? Math.max(0, this.total - count) : Math.floor(this.top);
    const shown = [];
    for (let row = first; row < Math.min(this.total, first + count); row++) shown.push(this.rows[row - this.at] ?? null);
    // After a jump what was there stays until the lines are.
    if (shown.length && shown.every((line) => !line) && this.port.childElementCount > 1) return;
    const short = this.total <= Math.floor(this.visible);
    this.port.classList.toggle("end", this.follow && !short);
    this.draw(shown, this.follow ? 0 : -(this.top - first) * this.rowHeight);
  }
}
