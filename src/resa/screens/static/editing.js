// Editing by keyboard: moving over the wall, changing a cell where it stands, drawing arrows, finding a line of the text
// and the cell that it belongs to; slides.
// Everything works without this too, by links and forms.

const LINES = new Set(["actions", "motivation", "questions", "frontstage", "backstage", "support"]);

class Wall {
  constructor(table) {
    this.table = table;
    this.template = document.getElementById("cell");
    const drawing = table.dataset.drawing !== undefined;
    const rows = [...table.querySelectorAll("thead tr, .rows tr")];
    this.cells = rows.map((row) => [...row.querySelectorAll("a:not(.draws)")]).filter((row) => row.length);
    this.arrows = [...table.querySelectorAll(".arrows a")];
    this.arrows.forEach((one) => (one.tabIndex = one === (table.querySelector(".arrows [aria-current]") ?? this.arrows[0]) ? 0 : -1));
    const first = this.named(location.hash.slice(1)) ?? this.chosen() ?? table.querySelector("thead tr:last-child a");
    if (first) this.rest(first, location.hash.includes(".") || drawing);
    table.addEventListener("keydown", (event) => this.pressed(event));
    table.querySelectorAll("[data-draws]").forEach((one) => this.drags(one));
    const stops = [...this.cells.flat(), ...this.arrows];
    table.addEventListener("focusin", (event) => stops.includes(event.target) && this.rest(event.target, false));
  }

  named(id) {
    try {
      return id.includes(".") ? document.getElementById(decodeURIComponent(id)) : null;
    } catch {
      return null; // no address of ours
    }
  }

  chosen() {
    return this.table.querySelector("thead tr:last-child a[aria-current], a[data-arrow][aria-current]");
  }

  // One cell can be reached by Tab, and one of the arrows that are drawn; the others from there by the arrow keys.
  rest(cell, focus) {
    const drawn = this.arrows.includes(cell);
    if (drawn) this.arrows.forEach((one) => (one.tabIndex = one === cell ? 0 : -1));
    else this.table.querySelectorAll("thead a, .rows a").forEach((one) => (one.tabIndex = one === cell ? 0 : -1));
    const draws = this.drawsFrom(cell);
    if (draws) draws.tabIndex = 0;
    if (focus) cell.focus();
    else if (!document.activeElement?.closest("table")) cell.scrollIntoView({ block: "nearest", inline: drawn ? "start" : "center" });
  }

  drawsFrom(cell) {
    return cell.dataset.touchpoint && this.table.querySelector(`[data-draws="${CSS.escape(cell.dataset.touchpoint)}"]`);
  }

  // An arrow is drawn too by dragging from a touchpoint's handle onto another touchpoint, or onto what stands below it.
  drags(handle) {
    handle.addEventListener("dragstart", (event) => event.preventDefault()); // else the browser drags the link
    handle.addEventListener("pointerdown", (down) => {
      if (down.button) return;
      const over = new AbortController();
      const line = document.createElement("div");
      line.className = "dragged";
      document.body.append(line);
      let end = null;
      const onto = (cell) => {
        end?.closest("th, td").classList.remove("here");
        end = cell && cell.dataset.touchpoint !== handle.dataset.draws ? cell : null;
        end?.closest("th, td").classList.add("here");
      };
      const given = () => {
        onto(null);
        line.remove();
        over.abort();
      };
      const when = (happens, does) => addEventListener(happens, does, { signal: over.signal, capture: true });
      when("pointermove", ({ clientX, clientY }) => {
        const [x, y] = [clientX - down.clientX, clientY - down.clientY];
        Object.assign(line.style, { left: `${down.clientX}px`, top: `${down.clientY}px`, width: `${Math.hypot(x, y)}px`, rotate: `${Math.atan2(y, x)}rad` });
        const cell = document.elementFromPoint(clientX, clientY)?.closest("[data-touchpoint]");
        onto(this.table.contains(cell) ? cell : null);
      });
      when("pointerup", () => {
        const to = new URL(handle.href);
        if (end) to.searchParams.set("to", end.dataset.touchpoint);
        const drawn = end !== null;
        given();
        to.hash = "opened";
        if (drawn) go(to.search + to.hash);
      });
      when("pointercancel", given);
      when("keydown", (event) => event.key === "Escape" && given());
    });
  }

  // What stands above or below: a stage goes over several columns.
  nearest(row, cell) {
    const { left, width } = cell.getBoundingClientRect();
    const away = (one) => {
      const box = one.getBoundingClientRect();
      return Math.max(box.left - left - width / 2, left + width / 2 - box.right, 0);
    };
    return row?.reduce((best, one) => (away(one) < away(best) ? one : best));
  }

  pressed(event) {
    const cell = event.target.closest("a:not(.draws)");
    if (!cell || event.target.closest("form")) return;
    const drawn = this.arrows.indexOf(cell);
    const row = this.cells.findIndex((one) => one.includes(cell));
    if (drawn < 0 && row < 0) return;
    const far = event.ctrlKey || event.metaKey;
    const along = drawn < 0 ? this.cells[row] : this.arrows;
    const column = along.indexOf(cell);
    const to = {
      ArrowLeft: () => along[column - 1],
      ArrowRight: () => along[column + 1],
      ArrowUp: () => (drawn < 0 ? this.nearest(this.cells[row - 1], cell) : along[column - 1]),
      ArrowDown: () => (drawn < 0 ? this.nearest(this.cells[row + 1], cell) : along[column + 1]),
      Home: () => (far && drawn < 0 ? this.cells[0] : along)[0],
      End: () => (far && drawn < 0 ? this.cells.at(-1) : along).at(-1),
    }[event.key];
    if (to) {
      const next = to();
      if (next?.isConnected) this.rest(next, true);
      else if (next) this.table.querySelector("form")?.querySelector("textarea, input[type=number]").focus();
      event.preventDefault();
    } else if (event.key === "a" && !far && !event.altKey && this.drawsFrom(cell)) {
      event.preventDefault();
      this.drawsFrom(cell).click();
    } else if ((event.key === "Enter" || event.key === "F2") && this.open(cell)) {
      event.preventDefault();
    }
  }

  // Lines and feelings are changed where they stand; what needs more room, in the form beside the wall.
  open(cell) {
    const { touchpoint, lane } = cell.dataset;
    if (!this.template || !touchpoint || !(LINES.has(lane) || lane === "emotion")) return false;
    const form = this.template.content.firstElementChild.cloneNode(true);
    form.elements.touchpoint.value = touchpoint;
    form.elements.at.value = cell.id;
    const field = LINES.has(lane) ? this.lines(cell, lane) : this.feelings(cell);
    form.prepend(...field);
    const close = () => {
      form.replaceWith(cell);
      cell.focus();
      unsent.delete(form);
    };
    form.addEventListener("keydown", (event) => {
      const done = event.key === "Enter" && (lane === "emotion" || event.ctrlKey || event.metaKey);
      if (event.key === "Escape") close();
      else if (done) form.requestSubmit();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    form.querySelector("[data-cancel]").addEventListener("click", close);
    cell.replaceWith(form);
    form.querySelector("textarea, input[type=number]").focus();
    return true;
  }

  lines(cell, lane) {
    const area = document.createElement("textarea");
    area.name = lane;
    area.value = [...cell.querySelectorAll("span")].map((one) => one.textContent).join("\n");
    area.rows = Math.max(3, cell.querySelectorAll("span").length + 1);
    area.setAttribute("aria-label", cell.dataset.label);
    return [area];
  }

  feelings(cell) {
    return ["now", "aim"].map((side) => {
      const input = document.createElement("input");
      Object.assign(input, { type: "number", min: -2, max: 2, name: `emotion.${side}`, value: cell.dataset[side] });
      input.setAttribute("aria-label", `${cell.dataset.label}: ${cell.dataset[`${side}Word`]}`);
      return input;
    });
  }
}

class Text {
  constructor(area) {
    this.area = area;
    this.saved = area.defaultValue.split("\n"); // where what the server says of lines stands in it
    this.gutter = document.createElement("pre");
    this.gutter.className = "gutter";
    this.gutter.setAttribute("aria-hidden", "true");
    this.band = document.createElement("div");
    this.band.className = "band";
    area.before(this.band, this.gutter);
    this.wrong = area.dataset.lines.split(",").filter(Boolean).map(Number);
    area.addEventListener("input", () => this.number());
    area.addEventListener("scroll", () => this.follow());
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) area.form.requestSubmit();
    });
    area.form.addEventListener("submit", () => (area.form.elements.caret.value = this.caret().join("-")));
    document.querySelectorAll("[data-line]").forEach((link) =>
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.show(this.now(Number(link.dataset.line)));
      }),
    );
    this.number();
    const [, way, line, column] = /^#(line|caret)-(\d+)(?:-(\d+))?$/.exec(location.hash) ?? [];
    if (way) this.show(Number(line), way === "caret" ? Number(column) : 0);
  }

  get lines() {
    return this.area.value.split("\n");
  }

  // What was typed since stands between a head and a tail that are as they were.
  changed() {
    const [before, after] = [this.saved, this.lines];
    const most = Math.min(before.length, after.length);
    let [head, tail] = [0, 0];
    while (head < most && before[head] === after[head]) head += 1;
    while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
    return { head, tail, more: after.length - before.length };
  }

  // Where a line of the saved text stands now, and where one of now stood.
  now(line) {
    const { head, tail, more } = this.changed();
    return line <= head ? line : line > this.saved.length - tail ? line + more : Math.max(1, Math.min(line, this.lines.length - tail));
  }

  then(line) {
    const { head, tail, more } = this.changed();
    return line <= head ? line : line > this.lines.length - tail ? line - more : Math.max(1, Math.min(line, this.saved.length - tail));
  }

  number() {
    const wrong = new Set(this.wrong.map((line) => this.now(line)));
    this.gutter.replaceChildren(
      ...this.lines.map((_, index) => {
        const line = document.createElement("span");
        line.textContent = `${index + 1}\n`;
        line.className = wrong.has(index + 1) ? "wrong" : "";
        return line;
      }),
    );
    this.follow();
  }

  follow() {
    this.gutter.scrollTop = this.area.scrollTop;
    const mark = this.band.firstElementChild;
    if (mark) mark.style.translate = `0 ${-this.area.scrollTop}px`;
  }

  // Line and column of the cursor, from 1, in characters.
  caret() {
    const lines = this.area.value.slice(0, this.area.selectionStart).split("\n");
    return [lines.length, [...lines.at(-1)].length + 1];
  }

  show(number, column = 0) {
    const lines = this.lines;
    const line = lines[number - 1] ?? "";
    const start = lines.slice(0, number - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const at = start + [...line].slice(0, column - 1).join("").length;
    this.area.focus();
    this.area.setSelectionRange(column ? at : start, column ? at : start + line.length);
    this.scroll(number, number);
  }

  scroll(first, last) {
    const high = parseFloat(getComputedStyle(this.area).lineHeight);
    const { scrollTop, clientHeight } = this.area;
    const seen = (first - 1) * high >= scrollTop && last * high <= scrollTop + clientHeight * 0.8;
    if (!seen) this.area.scrollTop = (first - 4) * high;
    return high;
  }

  mark(first, last) {
    const high = this.scroll(first, last);
    const mark = document.createElement("div");
    const padding = parseFloat(getComputedStyle(this.area).paddingTop);
    Object.assign(mark.style, { top: `${padding + (first - 1) * high}px`, height: `${(last - first + 1) * high}px` });
    this.band.replaceChildren(mark);
    this.follow();
  }
}

// The wall and the text beside it: each shows where the other is.
class Beside {
  constructor(wall, text) {
    this.text = text;
    this.region = wall.table.closest(".wall");
    this.places = [...wall.table.querySelectorAll("[data-at]")];
    wall.table.addEventListener("focusin", (event) => {
      const place = event.target.closest("[data-at]");
      if (place) this.mark(place);
    });
    for (const happens of ["keyup", "click", "input"]) text.area.addEventListener(happens, () => this.find());
    const head = wall.table.querySelector("[data-at][aria-current]");
    const lane = head?.dataset.touchpoint && document.getElementById(`${head.dataset.touchpoint}.${location.hash.slice(1)}`);
    const first = [document.activeElement?.closest("[data-at]"), lane, head].find((one) => one?.dataset.at);
    if (document.activeElement === text.area) this.find();
    else if (first) this.mark(first);
  }

  mark(place) {
    const [first, , last] = place.dataset.at.split(/[:-]/).map(Number);
    this.text.mark(this.text.now(first), this.text.now(last));
  }

  find() {
    const [line, column] = this.text.caret();
    const here = this.text.then(line) * 1e6 + column;
    const around = this.places.filter((place) => {
      const [first, from, last, until] = place.dataset.at.split(/[:-]/).map(Number);
      return first * 1e6 + from <= here && here <= last * 1e6 + until;
    });
    this.places.forEach((place) => place.closest("td, th").classList.toggle("here", around.includes(place)));
    const inner = around.at(-1);
    if (inner === this.found) return;
    this.found = inner;
    this.text.area.form.querySelector("[data-here]").textContent = inner ? inner.dataset.label ?? inner.innerText : "";
    if (!inner) return;
    const [box, room] = [inner.getBoundingClientRect(), this.region.getBoundingClientRect()];
    const head = this.region.querySelector("thead").offsetHeight;
    const lanes = this.region.querySelector("tbody th").offsetWidth;
    if (box.left < room.left + lanes || box.right > room.right) this.region.scrollLeft += box.left - room.left - lanes;
    if (!inner.closest("thead") && (box.top < room.top + head || box.bottom > room.bottom)) this.region.scrollTop += box.top - room.top - head;
  }
}

// A condition: while rows or text are changed, what follows from them is asked for, and what is not being typed in shown.
class Condition {
  constructor(form) {
    this.form = form;
    form.addEventListener("input", (event) => {
      const cells = event.target.closest(".one")?.querySelectorAll("select, input");
      if (cells && event.target === cells[0]) {
        const values = event.target.selectedOptions[0]?.dataset.values;
        const input = [...cells].find((one) => one.name.endsWith(".value"));
        if (values) input.setAttribute("list", values);
        else input.removeAttribute("list");
      }
      this.later(event.target);
    });
    form.addEventListener("click", (event) => {
      if (event.target.name !== "do" || !event.target.closest("[data-part]")) return;
      event.preventDefault();
      this.ask(null, event.target.value);
    });
  }

  later(field) {
    clearTimeout(this.waiting);
    this.asked?.abort();
    this.waiting = setTimeout(() => this.ask(field, ""), 250);
  }

  async ask(field, done) {
    clearTimeout(this.waiting);
    this.asked?.abort();
    this.asked = new AbortController();
    const said = new URLSearchParams(new FormData(this.form));
    if (done) said.set("do", done);
    try {
      const answer = await fetch(`${this.form.action}?${said}`, { signal: this.asked.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const busy = field?.closest("[data-part]");
      for (const part of document.querySelectorAll("[data-part]")) {
        const other = page.querySelector(`[data-part="${part.dataset.part}"]`);
        if (other && part !== busy) part.replaceWith(document.adoptNode(other));
      }
      if (done) this.form.querySelector(".group:last-of-type .one:last-of-type select")?.focus();
      history.replaceState(null, "", `?${new URLSearchParams(new FormData(this.form))}`); // what is looked at is a link
    } catch {
      return; // something else was typed meanwhile, or the server cannot be reached: asked again with the next letter
    }
  }
}

const table = document.querySelector("[data-wall]");
const wall = table && new Wall(table);
const area = document.querySelector("textarea[data-lines]");
const text = area && new Text(area);
if (wall && text) new Beside(wall, text);
const condition = document.querySelector("form[data-compose]");
if (condition) new Condition(condition);

// Slides are turned by the keys that the remote controls of lecterns send.
if (document.querySelector("[data-slides]")) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, button, [tabindex='0']")) return;
    const way = {
      ArrowRight: "next", PageDown: "next", " ": event.shiftKey ? "prev" : "next",
      ArrowLeft: "prev", PageUp: "prev",
      Escape: "up",
    }[event.key];
    const link = way && document.querySelector(`a[rel=${way}]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}

// An arrow that is being drawn is given up.
document.addEventListener("keydown", (event) => event.key === "Escape" && document.querySelector("a[data-up]")?.click());

// What was typed and not kept is not left without a question, also when another form of the page is sent.
const unsent = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.closest("main form[method=post], form[data-compose]");
  if (form) unsent.add(form);
});
document.addEventListener("submit", (event) => unsent.delete(event.target));
const pending = () => [...unsent].some((form) => form.isConnected);

// Who goes on to another place of the wall takes along what they typed: it is kept in the draft first, where it can be undone.
function go(to, from = null) {
  const typed = [...unsent].filter((form) => form.isConnected);
  const form = typed[0];
  const keeps = typed.length === 1 && wall && form.method === "post" && new URL(form.action).pathname === location.pathname && !form.contains(from);
  if (!keeps) {
    if (!from) location.href = to;
    return false;
  }
  const next = Object.assign(document.createElement("input"), { type: "hidden", name: "next", value: to });
  form.append(next);
  form.requestSubmit();
  next.remove(); // a form that is not right stays here, and is sent again as it is
  return true;
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("main a[href^='?']");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (go(link.getAttribute("href"), link)) event.preventDefault();
});
addEventListener("beforeunload", (event) => pending() && event.preventDefault());

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select")) return;
  if (pending()) return;
  const key = event.key.toLowerCase();
  const way = key === "z" && !event.shiftKey ? "undo" : key === "y" || key === "z" ? "redo" : "";
  const button = way && document.querySelector(`button[name=do][value=${way}]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});
