// Present: the charts of a page, one after the other, over the whole screen, large enough for the back of a room. A chart
// stays the element that it is: it is lifted above the page, laid out on a small sheet and enlarged, so that its letters
// and lines grow alike and all that it does goes on working. Nothing is asked of the server.

const LETTER = 24, LEAST = 14; // pixels of the smallest letter of a chart at 1280×720, and on a telephone
const SMALLEST = { map: 12, player: 11, race: 12, vega: 12 }; // pixels of the smallest letter where none can be measured
const MOST = 31; // pixels of letters of 12 at most: on a smaller sheet a chart has no room
const ROUNDS = 3; // of looking how a chart takes its sheet
const SWEEP = 8000; // milliseconds in which the lines of a chart are drawn anew
const SETTLES = 150; // milliseconds until a chart has taken a new size
const PATIENCE = 600; // milliseconds, for one that may be of fixed size
const RATIO = (window.nasExplorerRatio ??= Object.getOwnPropertyDescriptor(window, "devicePixelRatio"));
const VIEWS = "nasExplorerViews", ARRIVES = "nasExplorerPresents"; // kept by the browser; the second by its tab
const FIGURES = "[data-testid=stEChartsChart], [data-testid=stVegaLiteChart], [data-testid=stBidiComponentIsolated], [data-testid=stMarkdownContainer] svg";
const WIDE = 400, HIGH = 120; // pixels, of a drawing between the words that is worth a screen
const LONG = 110; // letters of a title
const TOOLS = {
  back: ["‹", "Back (left arrow)"], on: ["›", "On (right arrow)"], play: ["▶", "Play or pause (space)"],
  keep: ["☆", "Keep this view (K): the arrows lead from one kept view to the next"], leave: ["✕", "Leave (Escape)"],
};
const KEYS = {
  ArrowRight: "on", PageDown: "on", ArrowLeft: "back", PageUp: "back", " ": "play", k: "keep", K: "keep", Escape: "leave",
};

const grown = (pixels) => Math.max(LEAST, pixels * Math.min(innerWidth / 1280, innerHeight / 720)); // with the screen
const views = () => JSON.parse(localStorage.getItem(VIEWS) ?? "[]");
const textOf = (what) => [...document.querySelectorAll(`[data-testid=stMain] :is(${what})`)].find((e) => e.getClientRects().length)?.textContent;

// What can be shown, in the order of the page: {element, kind, root, part}; a run has two parts.
function figuresOfPage() {
  const out = [];
  for (const element of document.querySelectorAll(`[data-testid=stMain] :is(${FIGURES})`)) {
    const { width, height } = element.getBoundingClientRect();
    if (!width || !height || !element.checkVisibility() || element.closest("a, .st-key-gallery")) continue; // a closed panel hides its own
    const kind = { stEChartsChart: "echarts", stVegaLiteChart: "vega" }[element.dataset.testid];
    if (kind) out.push({ element, kind });
    else if (element.localName !== "svg") {
      const root = element.shadowRoot?.querySelector(".map, .race, .player");
      const parts = root?.className === "player" ? [1, 2] : root ? [1] : [];
      for (const part of parts) out.push({ element, kind: root.classList[0], root, part });
    } else if (width >= WIDE && height >= HIGH) out.push({ element, kind: "drawing" });
  }
  return out;
}

class Presenter {
  // Goes on where the arrows led to from another view.
  arrive() {
    const { way, view } = JSON.parse(sessionStorage.getItem(ARRIVES) ?? "{}");
    sessionStorage.removeItem(ARRIVES);
    if (way) this.open(way < 0 ? Infinity : 0, view);
  }

  open(at = 0, view = views().indexOf(location.pathname + location.search)) {
    if (this.sheet) return;
    Object.assign(this, { at, view, toEnd: at === Infinity, shown: null, scroll: document.querySelector("[data-testid=stMain]")?.scrollTop });
    this.sheet = this.make();
    this.part = (name) => this.sheet.querySelector(name);
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    window.addEventListener("keydown", (e) => this.key(e), { capture: true, signal });
    window.addEventListener("keyup", (e) => e.key === " " && e.preventDefault(), { capture: true, signal });
    window.addEventListener("resize", () => this.show(), { signal });
    document.addEventListener("fullscreenchange", () => (document.fullscreenElement ? this.above() : this.leave()), { signal });
    this.watch = setInterval(() => this.look(), SETTLES);
    document.documentElement.requestFullscreen?.().catch(() => {}); // where it is refused, the window is covered
    this.words();
    this.look();
  }

  make() {
    const sheet = document.createElement("div");
    sheet.className = "presentation";
    sheet.popover = "manual";
    sheet.tabIndex = -1;
    sheet.setAttribute("role", "dialog");
    sheet.setAttribute("aria-modal", "true");
    const { color, backgroundColor, fontFamily } = getComputedStyle(document.querySelector("[data-testid=stApp]"));
    Object.assign(sheet.style, { color, backgroundColor, fontFamily });
    const buttons = Object.keys(TOOLS).map((name) => `<button class="${name}"></button>`).join("");
    sheet.innerHTML = `<header><nav><span role="status"></span>${buttons}</nav><h2></h2><p></p></header><div class="stage"></div>`;
    for (const [name, [sign, help]] of Object.entries(TOOLS)) {
      const button = sheet.querySelector(`.${name}`);
      Object.assign(button, { textContent: sign, title: help, onclick: () => this[name]() });
      button.setAttribute("aria-label", help);
    }
    document.body.append(sheet);
    sheet.showPopover();
    sheet.focus();
    return sheet;
  }

  // A window that has just filled the screen lies on top of what was shown before.
  above() {
    this.sheet.hidePopover();
    this.sheet.showPopover();
    this.show();
  }

  // Follows the page: its first chart has come, or another has taken the place of what is shown.
  look() {
    const all = figuresOfPage();
    const rests = document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]");
    if (this.shown && this.toEnd && this.at < all.length - 1) this.at = Infinity; // who came from the right waits for the last
    if (this.shown?.element.isConnected && this.at < all.length) this.words(all);
    else if (all.length && rests) this.show();
    else if (rests && !all.length) this.part(".stage").textContent = "This page shows no chart yet.";
  }

  show() {
    this.lower();
    const all = figuresOfPage();
    this.at = Math.max(0, Math.min(this.at, all.length - 1));
    this.shown = all[this.at];
    this.part(".stage").replaceChildren();
    this.patience = PATIENCE;
    this.words(all);
    if (this.shown?.kind === "drawing") this.part(".stage").append(this.shown.element.cloneNode(true));
    else if (this.shown) this.lift(grown(LETTER) / (SMALLEST[this.shown.kind] ?? 12), ROUNDS);
  }

  words(all = []) {
    const verdict = this.player() ? null : textOf(".verdict, .headline"); // which is about more than one run
    const title = verdict ?? textOf(".question") ?? document.title;
    const name = this.shown?.element.getAttribute("aria-label")?.split("\n")[0] ?? "";
    const kept = views(), here = kept.includes(location.pathname + location.search) || this.view in kept;
    const of = all.length > 1 ? `${this.at + 1} of ${all.length}` : "";
    const among = this.view in kept ? `view ${this.view + 1} of ${kept.length}` : kept.length ? `${kept.length} kept` : "";
    const say = (what, text) => this.part(what).textContent !== text && (this.part(what).textContent = text);
    say("h2", title);
    this.part("h2").classList.toggle("long", title.length > LONG);
    say("p", name === title || name.length > LONG ? "" : name);
    say("span", [of, among].filter(Boolean).join(", "));
    say(".keep", here ? "★" : "☆");
    this.part(".keep").setAttribute("aria-pressed", here);
    this.part(".play").hidden = !this.player() && !this.lines().length;
    this.part(".back").disabled = !(this.at > 0) && !this.other(-1);
    this.part(".on").disabled = this.at >= all.length - 1 && !this.other(1);
    this.sheet.setAttribute("aria-label", `Presentation: ${title}`);
  }

  // Above the page, on a sheet that is enlarged `scale` times to fill the stage; then looks whether its letters are large
  // enough, and whether it took the sheet, which a chart of fixed size does not.
  lift(scale, rounds) {
    const { element, kind, root, part } = this.shown;
    const stage = this.part(".stage").getBoundingClientRect();
    const [wide, high] = [stage.width / scale, stage.height / scale];
    if (!this.before) {
      this.before = new Map();
      element.popover = "manual";
      element.showPopover();
      root?.classList.add("presented", `part-${part}`);
    }
    const style = { // Streamlit tells Vega how large its place is on the screen: it is enlarged once it has taken that
      position: "fixed", right: "auto", bottom: "auto", left: `${stage.x}px`, top: `${stage.y}px`, width: `${wide}px`, height: `${high}px`, margin: "0",
      padding: "0", border: "0", "max-width": "none", "max-height": "none", overflow: "visible", color: "inherit", background: "none",
      transform: kind === "vega" ? "none" : `scale(${scale})`, opacity: "0", "transform-origin": "0 0", "--stage-height": `${high}px`,
    };
    for (const [name, value] of Object.entries(style)) {
      if (!this.before.has(name)) this.before.set(name, element.style.getPropertyValue(name));
      element.style.setProperty(name, value);
    }
    if (kind === "vega") this.sharpen(scale);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(scale, rounds, stage), SETTLES);
  }

  settle(scale, rounds, stage) {
    const { element, kind } = this.shown;
    const letters = [...element.querySelectorAll("svg text")].filter((e) => e.textContent.trim()).map((e) => parseFloat(getComputedStyle(e).fontSize));
    const least = letters.length ? Math.min(...letters) : SMALLEST[kind] ?? 12;
    const drawn = kind === "vega" && element.querySelector(".marks")?.getBoundingClientRect();
    const takes = !drawn || Math.abs(drawn.width - stage.width / scale) < 4;
    if (!takes && (this.patience -= SETTLES) > 0) return (this.settling = setTimeout(() => this.settle(scale, rounds, stage), SETTLES));
    const [tall, across] = [takes && Math.abs(drawn.height - stage.height / scale) < 4, takes];
    const most = grown(MOST) / 12;
    const want = Math.min(most, grown(LETTER) / least, tall || !drawn ? most : stage.height / drawn.height, across || !drawn ? most : stage.width / drawn.width);
    if (takes && rounds > 1 && Math.abs(want - scale) > 0.02) return this.lift(want, rounds - 1);
    element.style.opacity = "1";
    if (!drawn) return;
    element.style.transform = `scale(${want})`;
    element.style.left = `${stage.x + Math.max(0, stage.width - drawn.width * want) / 2}px`;
    element.style.top = `${stage.y + Math.max(0, stage.height - drawn.height * want) / 2}px`;
  }

  // Vega asks the window how many pixels its canvas needs, and knows nothing of being enlarged.
  sharpen(scale) {
    Object.defineProperty(window, "devicePixelRatio", { value: RATIO.get.call(window) * scale, configurable: true });
  }

  lower() {
    this.stop();
    clearTimeout(this.settling);
    Object.defineProperty(window, "devicePixelRatio", RATIO);
    if (!this.before) return;
    const { element, root, part } = this.shown;
    for (const [name, value] of this.before) value ? element.style.setProperty(name, value) : element.style.removeProperty(name);
    element.popover = null;
    root?.classList.remove("presented", `part-${part}`);
    this.before = null;
  }

  on = () => this.step(1);
  back = () => this.step(-1);

  step(way) {
    const next = this.at + way;
    this.toEnd = false;
    if (next >= 0 && next < figuresOfPage().length) {
      this.at = next;
      this.show();
    } else if (this.other(way)) {
      sessionStorage.setItem(ARRIVES, JSON.stringify({ way, view: this.next(way) }));
      location.assign(this.other(way));
    }
  }

  // The next kept view, and its address.
  next = (way) => (this.view in views() ? this.view + way : way > 0 ? 0 : views().length - 1);
  other = (way) => views()[this.next(way)];

  keep() {
    const here = location.pathname + location.search, kept = views();
    const at = this.view in kept ? this.view : kept.indexOf(here);
    if (at >= 0) kept.splice(at, 1);
    else kept.push(here);
    localStorage.setItem(VIEWS, JSON.stringify(kept));
    this.view = kept.indexOf(here);
    this.words(figuresOfPage());
  }

  player = () => this.shown?.root?.player;

  // What uncovers the lines of an ECharts chart from left to right.
  lines() {
    return this.shown?.kind === "echarts" ? [...this.shown.element.querySelectorAll("clipPath > path")] : [];
  }

  play() {
    const player = this.player();
    if (player) player.playing ? player.pause() : player.play();
    else if (this.playing) this.playing = false;
    else if (this.lines().length) this.sweep();
  }

  sweep() {
    this.playing = true;
    if (!(this.share < 1)) this.share = 0;
    let last = performance.now();
    const step = (now) => {
      if (!this.playing) return;
      this.share = Math.min(1, this.share + (now - last) / SWEEP);
      last = now;
      this.uncover(this.share);
      this.playing = this.share < 1;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  uncover(share) {
    for (const path of this.lines()) path.setAttribute("transform", `translate(${path.getBBox().x * (1 - share)} 0) scale(${share} 1)`);
  }

  stop() {
    this.player()?.pause();
    this.playing = false;
    if (this.share < 1) this.uncover(1);
    this.share = 1;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab") this.turn(event.shiftKey ? -1 : 1);
    else if (KEYS[event.key]) this[KEYS[event.key]]();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // Tab stays among the buttons.
  turn(way) {
    const buttons = [...this.sheet.querySelectorAll("button:not([hidden], :disabled)")];
    const at = buttons.indexOf(document.activeElement);
    buttons[(at + way + buttons.length + (at < 0 && way < 0)) % buttons.length].focus();
  }

  leave() {
    if (!this.sheet) return;
    this.lower();
    this.listeners.abort();
    clearInterval(this.watch);
    this.sheet.remove();
    this.sheet = null;
    if (document.fullscreenElement) document.exitFullscreen();
    document.querySelector("[data-testid=stMain]")?.scrollTo(0, this.scroll);
    this.opener?.focus();
  }
}

const presenter = (window.nasExplorerPresenter ??= new Presenter());
