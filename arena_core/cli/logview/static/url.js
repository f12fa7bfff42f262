// What is looked at, in the fragment of the address: it can be reloaded, kept and gone back to.

const WORDS = ["s", "f", "fm", "q", "qm", "at", "side", "theme"];
const SWITCHES = { wrap: false, times: true, json: true, lanes: true };

export function read() {
  const given = new URLSearchParams(location.hash.slice(1));
  const found = {};
  for (const name of WORDS) found[name] = given.get(name) ?? "";
  for (const [name, normal] of Object.entries(SWITCHES)) found[name] = given.has(name) ? given.get(name) === "1" : normal;
  return found;
}

export function write(state) {
  const given = new URLSearchParams();
  for (const name of WORDS) if (state[name]) given.set(name, state[name]);
  for (const [name, normal] of Object.entries(SWITCHES)) if (state[name] !== normal) given.set(name, state[name] ? "1" : "0");
  const text = given.toString();
  if (text !== location.hash.slice(1)) history.replaceState(null, "", text ? `#${text}` : location.pathname);
}

// The part of the state that says which lines are in the list.
export function viewOf(state) {
  const found = {};
  if (state.s) found.s = state.s === "none" ? "" : state.s;
  if (state.f) Object.assign(found, { f: state.f, fm: state.fm });
  return found;
}

// "0,3-5" and the set of these numbers.
export function numbers(text) {
  const found = new Set();
  for (const part of text.split(",").filter(Boolean)) {
    const [low, high] = part.split("-").map(Number);
    for (let n = low; n <= (high ?? low); n++) found.add(n);
  }
  return found;
}

export function ranges(set) {
  const sorted = [...set].sort((a, b) => a - b);
  const parts = [];
  for (let i = 0; i < sorted.length; i++) {
    const low = sorted[i];
    while (sorted[i + 1] === sorted[i] + 1) i++;
    parts.push(low === sorted[i] ? `${low}` : `${low}-${sorted[i]}`);
  }
  return parts.join(",");
}
