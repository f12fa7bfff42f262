// The keys of less, and a few more.

import { isDark } from "./toolbar.js";

export const KEYS = [
  ["j, k, ↓, ↑", "a line down, up"],
  ["space, b", "a page down, up"],
  ["d, u", "half a page down, up"],
  ["g, G", "to the beginning, to the end (with a number before it: to that line)"],
  ["F", "follow: show new lines as they come, or stop"],
  ["/, ?", "search forwards, backwards"],
  ["n, N", "next hit, hit before"],
  ["&", "show only lines with a text"],
  ["e, p", "to the first error; also show the runs before restarts"],
  ["w, t, J", "wrap long lines, show times, show JSON as text"],
  ["a", "all instances again"],
  ["←, →", "to the left, to the right in long lines"],
  ["i, T, D", "the job beside its logs, the time line, dark or light"],
  ["Esc", "give up what is searched for, close what is open"],
  ["h", "these keys"],
];

// `acts` returns what the page can do now.
export function bind(acts) {
  let number = "";
  let backwards = false;
  const down = (event) => {
    const { state, change, lines, search, setHelp, help, firstError, previous } = acts();
    const list = lines.current;
    if (event.ctrlKey || event.metaKey || event.altKey || !list) return;
    if (event.target.closest?.("input, textarea, select")) return;
    const onButton = event.target.closest?.("button, a, [role=slider], [role=tab]") && ["Enter", " ", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(event.key);
    if (onButton) return;
    const times = Number(number || 1);
    const page = Math.max(1, Math.floor(list.visible) - 1);
    const sideways = (by) => (list.port.scrollLeft += by);
    const focus = (id) => (document.getElementById(id).focus(), document.getElementById(id).select());
    const move = (by) => {
      if (list.follow && by > 0) return;
      list.go((list.follow ? list.last : list.top) + by);
    };
    const known = {
      j: () => move(times), ArrowDown: () => move(times), Enter: () => move(times), k: () => move(-times), ArrowUp: () => move(-times),
      " ": () => move(event.shiftKey ? -page : page), f: () => move(page), PageDown: () => move(page),
      b: () => move(-page), PageUp: () => move(-page), d: () => move(page / 2), u: () => move(-page / 2),
      g: () => list.go(number ? Number(number) - 1 : 0), Home: () => list.go(0), "<": () => list.go(0),
      G: () => list.go(number ? Number(number) - 1 : list.total), End: () => list.go(list.total), ">": () => list.go(list.total),
      F: () => (list.follow ? list.hold() : list.go(list.total)),
      "/": () => ((backwards = false), focus("search")), "?": () => ((backwards = true), focus("search")),
      n: () => search(backwards ? -1 : 1), N: () => search(backwards ? 1 : -1), "&": () => focus("filter"),
      w: () => change({ wrap: !state.wrap }), t: () => change({ times: !state.times }), J: () => change({ json: !state.json }),
      a: () => change({ s: "" }), i: () => change({ side: state.side ? "" : "status" }), D: () => change({ theme: isDark(state) ? "light" : "dark" }),
      e: firstError, p: previous, T: () => change({ lanes: !state.lanes }), ArrowLeft: () => sideways(-120), ArrowRight: () => sideways(120),
      h: () => setHelp(!help), q: () => setHelp(false),
      Escape: () => (help ? setHelp(false) : state.side && innerWidth < 900 ? change({ side: "" }) : change({ q: "" })),
    };
    if (/^[0-9]$/.test(event.key)) {
      number = (number + event.key).slice(0, 12);
      return;
    }
    const act = known[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
    if (event.key !== "Shift") number = "";
  };
  addEventListener("keydown", down);
  return () => removeEventListener("keydown", down);
}
