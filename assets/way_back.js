// The browser's back button, between pages. Before Streamlit opens another page it gives the page that is left the link
// of the new one, mostly an empty one, and enters that into the history: here that entry gets its own link back just
// before the other page is entered. And of a link that is come back to, Streamlit forgets what the other page has a
// widget of the same name for, such as the benchmark: here the page is then loaded anew, as if the link were opened; also
// where the link opens another experiment. What a page writes into its link without a click makes no entry of its own.

// A page that is loaded anew begins another session, for new colours say: how this tab left the other pages is told to it.

const LEFT = "nas-explorer-left";
const links = () => JSON.parse(sessionStorage.getItem(LEFT) ?? "{}");
const name = (path) => path.slice(path.lastIndexOf("/") + 1);
const keep = (path, search) => sessionStorage.setItem(LEFT, JSON.stringify({ ...links(), [name(path)]: search }));

const PASSED = /\/pareto$/; // addresses that only lead on: who goes back would be led on again

function watch() {
  const push = history.pushState.bind(history);
  let page = location.pathname;
  const opened = () => new URLSearchParams(location.search).getAll("id").join();
  let experiment = opened();
  let reloads = false; // then what the page that is left still has to say must not change the link that is loaded
  let before = null; // the query of this page before it was changed, as long as nobody has done anything since

  history.pushState = (state, title, url) => {
    if (reloads) return;
    const { search } = location;
    const leaves = new URL(url ?? "", location.href).pathname !== page;
    if (leaves && before !== null) history.replaceState(history.state, "", page + before);
    if (!leaves && before !== null) history.replaceState(state, title, url);
    else push(state, title, url);
    keep(page, leaves ? before ?? search : location.search);
    before = leaves ? location.search : before ?? search; // what a page adds as it is entered belongs to that entry
    page = location.pathname;
    experiment = opened();
    if (leaves) document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0); // which Streamlit leaves where it was
  };
  for (const deed of ["pointerdown", "click", "keydown"]) addEventListener(deed, () => { before = null; }, true);
  addEventListener("popstate", (event) => {
    if (!PASSED.test(location.pathname)) return;
    event.stopImmediatePropagation();
    history.back();
  }, true); // before Streamlit asks for that page
  addEventListener("popstate", () => {
    reloads = location.pathname === page ? opened() !== experiment : location.search !== "";
    if (reloads) location.reload();
    page = location.pathname;
    before = location.search;
    experiment = opened();
  });
}

export default function ({ data, setStateValue }) {
  if (window.nasExplorerWayBack) return;
  window.nasExplorerWayBack = true;
  watch();
  const asked = data.pages.includes(name(location.pathname)) ? name(location.pathname) : "";
  if (asked !== data.page) return location.reload(); // somebody went back while this page was being loaded
  const { [name(location.pathname)]: here, ...left } = links();
  const anew = performance.getEntriesByType("navigation")[0]?.type === "reload";
  if (anew && Object.keys(left).length) setStateValue("left", left);
}
