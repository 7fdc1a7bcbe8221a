// Light or dark. Streamlit keeps what a visitor has chosen in its settings in the browser, under a name for each address
// at which the app can be entered; this chooses for all of them, as its menu does for one, and loads the page anew.

const KEPT = /^stActiveTheme-.*-v(\d+)$/;

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const [r, g, b] = getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor.match(/\d+/g).map(Number);
  const [next, sign] = r + g + b < 384 ? ["Light", "☀"] : ["Dark", "☾"];
  button.textContent = sign;
  button.title = `${next} colours`;
  button.setAttribute("aria-label", button.title);
  button.onclick = () => {
    const version = Object.keys(localStorage).map((name) => name.match(KEPT)?.[1]).find(Boolean) ?? "2";
    const page = data.pages.find((name) => name && location.pathname.endsWith(`/${name}`)) ?? "";
    const base = location.pathname.slice(0, location.pathname.length - page.length);
    for (const name of new Set([...data.pages.map((p) => base + p), location.pathname]))
      localStorage.setItem(`stActiveTheme-${name}-v${version}`, JSON.stringify(next));
    location.reload();
  };
}
