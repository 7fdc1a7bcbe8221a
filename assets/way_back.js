// The browser's back button, between pages. Before Streamlit opens another page it gives the page that is left the link
// of the new one, mostly an empty one, and enters that into the history: here that entry gets its own link back just
// before the other page is entered. And of a link that is come back to, Streamlit forgets what the other page has a
// widget of the same name for, such as the benchmark: here the page is then loaded anew, as if the link were opened; also
// where the link opens another experiment. What a page writes into its link without a click makes no entry of its own;
// choosing another view makes one.

// A page that is loaded anew begins another session, for new colours say: how this tab left the other pages is told to it.

const LEFT = "nas-explorer-left";
const RESCUED = "nas-explorer-rescued"; // when
const LOADED = "nas-explorer-loaded"; // the history as it was when the document before this one was left
const anew = () => performance.getEntriesByType("navigation")[0]?.type === "reload";
const links = () => JSON.parse(sessionStorage.getItem(LEFT) ?? "{}");
const name = (path) => path.slice(path.lastIndexOf("/") + 1);
const keep = (path, search) => sessionStorage.setItem(LEFT, JSON.stringify({ ...links(), [name(path)]: search }));

const views = (search, names) => names.map((name) => new URLSearchParams(search).getAll(name).join()).join("\n");

// moved: pages that only lead on; who goes back to one would be led on again.
function watch(choosers, moved) {
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  let page = location.pathname;
  const opened = () => new URLSearchParams(location.search).getAll("id").join();
  let experiment = opened();
  let reloads = false; // then what the page that is left still has to say must not change the link that is loaded
  let before = location.search; // of this page before it was changed, null if somebody has done something since
  let entered = false; // whether that has made an entry of its own

  const enter = (state, title, url) => {
    const { search } = location;
    if (before === null) push(state, title, url);
    else replace(state, title, url);
    entered ||= before === null;
    before ??= search;
    keep(page, location.search);
  };
  history.pushState = (state, title, url) => {
    if (reloads) return;
    const { search } = location;
    if (new URL(url ?? "", location.href).pathname === page) return enter(state, title, url);
    keep(page, before ?? search);
    if (entered) replace(state, title, url); // the entry that was made on the way out
    else {
      if (before !== null) replace(history.state, "", page + before);
      push(state, title, url);
    }
    before = location.search; // what a page adds as it is entered belongs to that entry
    entered = false;
    page = location.pathname;
    late.begun();
    experiment = opened();
    document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0); // which Streamlit leaves where it was
  };
  history.replaceState = (state, title, url) => {
    if (reloads) return;
    const { pathname, search } = new URL(url ?? "", location.href);
    const turns = pathname === page && views(search, choosers) !== views(location.search, choosers);
    if (turns) enter(state, title, url);
    else replace(state, title, url);
  };
  const deed = () => {
    before = null;
    entered = false;
  };
  for (const name of ["pointerdown", "click", "keydown"]) addEventListener(name, deed, true);
  addEventListener("popstate", (event) => {
    if (!moved.includes(name(location.pathname))) return;
    event.stopImmediatePropagation();
    history.back();
  }, true); // before Streamlit asks for that page
  addEventListener("popstate", () => {
    reloads = location.pathname === page ? opened() !== experiment : location.search !== "";
    if (reloads) location.reload();
    page = location.pathname;
    before = location.search;
    entered = false;
    experiment = opened();
  });
  addEventListener("pagehide", () => {
    const entries = Object.fromEntries((window.navigation?.entries() ?? []).map(({ key, url }) => [key, url]));
    sessionStorage.setItem(LOADED, JSON.stringify({ entries, loaded: window.navigation?.currentEntry?.key }));
  });
}

// Whether somebody went through the history while this document was being loaded anew, when nobody watched: Streamlit
// may then have drawn the page of one entry with the link of another, and entered that. If so, the entry that was gone
// to gets its link back and is loaded, unless it is what was drawn. right: this address has the page that was drawn.
function strayed(right) {
  const { entries, loaded } = JSON.parse(sessionStorage.getItem(LOADED) ?? "{}");
  sessionStorage.removeItem(LOADED);
  const now = window.navigation?.currentEntry;
  if (!anew() || !loaded || !now) return false;
  let at = now.index;
  while (at > 0 && !(navigation.entries()[at].key in entries)) at--;
  const { key } = navigation.entries()[at];
  if (key === loaded || !(key in entries)) return false;
  if (right && at === now.index && location.href === entries[key]) return false;
  const load = () => {
    history.replaceState(history.state, "", entries[key]);
    location.reload();
  };
  if (at === now.index) load();
  else {
    addEventListener("popstate", (event) => {
      event.stopImmediatePropagation();
      load();
    }, { capture: true, once: true });
    history.go(at - now.index);
  }
  return true;
}

// What is drawn of a page that Streamlit does not have any more makes it fail for good, and all is white; late_parts.js
// keeps away what is known to lead there. The page is loaded anew, unless that has only just been done.
function rescue({ message }) {
  const now = Date.now();
  if (!message.includes("Bad delta path index") || now - (sessionStorage.getItem(RESCUED) ?? 0) < 10000) return;
  sessionStorage.setItem(RESCUED, now);
  location.reload();
}

export default function ({ data, setStateValue }) {
  if (window.nasExplorerWayBack) return;
  window.nasExplorerWayBack = true;
  addEventListener("error", rescue);
  keepLatePartsAway();
  keepTabFocus();
  const asked = data.pages.includes(name(location.pathname)) ? name(location.pathname) : "";
  if (strayed(asked === data.page)) return;
  watch(data.choosers, data.moved);
  if (asked !== data.page) return location.reload(); // somebody went back while this page was being loaded
  const { [name(location.pathname)]: here, ...left } = links();
  if (anew() && Object.keys(left).length) setStateValue("left", left);
}
