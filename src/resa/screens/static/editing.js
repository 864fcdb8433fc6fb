// Editing by keyboard: moving over the wall, changing a cell where it stands, finding a line of the text; slides.
// Everything works without this too, by links and forms.

const LINES = new Set(["actions", "motivation", "questions", "frontstage", "backstage", "support"]);

class Wall {
  constructor(table) {
    this.table = table;
    this.template = document.getElementById("cell");
    this.cells = [...table.querySelectorAll("thead tr:last-child, tbody tr")].map((row) => [...row.querySelectorAll("a")]);
    const first = this.named(location.hash.slice(1)) ?? this.chosen() ?? table.querySelector("thead tr:last-child a");
    if (first) this.rest(first, location.hash.includes("."));
    table.addEventListener("keydown", (event) => this.pressed(event));
    table.addEventListener("focusin", (event) => event.target.matches("a") && this.rest(event.target, false));
  }

  named(id) {
    try {
      return id.includes(".") ? document.getElementById(decodeURIComponent(id)) : null;
    } catch {
      return null; // no address of ours
    }
  }

  chosen() {
    return this.table.querySelector("thead tr:last-child a[aria-current]");
  }

  // One cell can be reached by Tab; the others from there by arrows.
  rest(cell, focus) {
    this.table.querySelectorAll("tr a").forEach((one) => (one.tabIndex = one === cell ? 0 : -1));
    this.table.querySelectorAll("thead tr:first-child a").forEach((one) => (one.tabIndex = 0));
    if (focus) cell.focus();
    else if (!document.activeElement?.closest("table")) cell.scrollIntoView({ block: "nearest", inline: "center" });
  }

  pressed(event) {
    const cell = event.target.closest("a");
    if (!cell || event.target.closest("form")) return;
    const row = this.cells.findIndex((one) => one.includes(cell));
    if (row < 0) return;
    const column = this.cells[row].indexOf(cell);
    const last = this.cells[row].length - 1;
    const far = event.ctrlKey || event.metaKey;
    const to = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [far ? 0 : row, 0],
      End: [far ? this.cells.length - 1 : row, last],
    }[event.key];
    if (to) {
      const next = this.cells[to[0]]?.[to[1]];
      if (next?.isConnected) this.rest(next, true);
      else if (next) this.table.querySelector("form")?.querySelector("textarea, input[type=number]").focus();
      event.preventDefault();
    } else if ((event.key === "Enter" || event.key === "F2") && this.open(cell)) {
      event.preventDefault();
    }
  }

  // Lines and feelings are changed where they stand; what needs more room, in the form beside the wall.
  open(cell) {
    const { touchpoint, lane } = cell.dataset;
    if (!touchpoint || !(LINES.has(lane) || lane === "emotion")) return false;
    const form = this.template.content.firstElementChild.cloneNode(true);
    form.elements.touchpoint.value = touchpoint;
    form.elements.at.value = cell.id;
    const field = LINES.has(lane) ? this.lines(cell, lane) : this.feelings(cell);
    form.prepend(...field);
    const close = () => {
      form.replaceWith(cell);
      cell.focus();
      unsent = false;
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
    this.gutter = document.createElement("pre");
    this.gutter.className = "gutter";
    this.gutter.setAttribute("aria-hidden", "true");
    area.before(this.gutter);
    this.wrong = new Set(area.dataset.lines.split(",").filter(Boolean).map(Number));
    area.addEventListener("input", () => this.number());
    area.addEventListener("scroll", () => (this.gutter.scrollTop = area.scrollTop));
    document.querySelectorAll("[data-line]").forEach((link) =>
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.show(Number(link.dataset.line));
      }),
    );
    this.number();
    if (/^#line-\d+$/.test(location.hash)) this.show(Number(location.hash.slice(6)));
  }

  number() {
    const count = this.area.value.split("\n").length;
    if (count === this.gutter.childElementCount) return;
    this.gutter.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const line = document.createElement("span");
        line.textContent = `${index + 1}\n`;
        line.className = this.wrong.has(index + 1) ? "wrong" : "";
        return line;
      }),
    );
  }

  show(number) {
    const lines = this.area.value.split("\n");
    const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
    this.area.focus();
    this.area.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
    this.area.scrollTop = ((number - 4) * this.area.scrollHeight) / lines.length;
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
if (table) new Wall(table);
const area = document.querySelector("textarea[data-lines]");
if (area) new Text(area);
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

// What was typed and not kept is not left without a question.
let unsent = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("main form[method=post], form[data-compose]")) unsent = true;
});
document.addEventListener("submit", () => (unsent = false));
addEventListener("beforeunload", (event) => unsent && event.preventDefault());

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select")) return;
  if (unsent) return;
  const key = event.key.toLowerCase();
  const way = key === "z" && !event.shiftKey ? "undo" : key === "y" || key === "z" ? "redo" : "";
  const button = way && document.querySelector(`button[name=do][value=${way}]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});
