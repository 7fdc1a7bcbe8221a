// What stands beside the title of every page: copy its link, present its charts, and light or dark; and the buttons that
// copy what stands beside them.

const COPY = "Copy the link to what this page shows";
const PRESENT = "Present the charts of this page on the whole screen";
const KEPT = /^stActiveTheme-.*-v(\d+)$/;

// Without a secure connection browsers hide their clipboard from scripts, and in frames they may refuse it: then the text
// is selected in a box of its own, and copied as people do it.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}

// The address holds all that the page shows.
async function copyLink(button) {
  await copy(location.href);
  if (button.classList.contains("done")) return;
  const sign = button.innerHTML;
  button.textContent = "✓";
  name(button, "Link copied");
  button.classList.add("done");
  setTimeout(() => ((button.innerHTML = sign), name(button, COPY), button.classList.remove("done")), 2000);
}

async function copyVerbatim(event) {
  const button = event.target.closest?.(".verbatim button");
  if (!button) return;
  await copy(button.previousElementSibling.textContent);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

function name(button, text) {
  button.title = text;
  button.setAttribute("aria-label", text);
}

// Streamlit keeps what a visitor has chosen in its settings in the browser, under a name for each address at which the app
// can be entered; this chooses for all of them, as its menu does for one, and loads the page anew.
function chooseTheme(pages, next) {
  const version = Object.keys(localStorage).map((name) => name.match(KEPT)?.[1]).find(Boolean) ?? "2";
  const page = pages.find((name) => name && location.pathname.endsWith(`/${name}`)) ?? "";
  const base = location.pathname.slice(0, location.pathname.length - page.length);
  for (const name of new Set([...pages.map((p) => base + p), location.pathname]))
    localStorage.setItem(`stActiveTheme-${name}-v${version}`, JSON.stringify(next));
  location.reload();
}

export default function ({ data, parentElement }) {
  const [link, present, theme] = parentElement.querySelectorAll("button");
  const [r, g, b] = getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor.match(/\d+/g).map(Number);
  const [next, sign] = r + g + b < 384 ? ["Light", "☀"] : ["Dark", "☾"];
  theme.textContent = sign;
  name(theme, `${next} colours`);
  name(link, COPY);
  name(present, PRESENT);
  theme.onclick = () => chooseTheme(data.pages, next);
  link.onclick = () => copyLink(link);
  present.onclick = () => presenter.open();
  document.removeEventListener("click", window.nasExplorerCopy);
  document.addEventListener("click", (window.nasExplorerCopy = copyVerbatim));
  presenter.opener = present;
  presenter.arrive();
}
