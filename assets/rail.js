// The menu as a narrow rail of signs, and back; the browser remembers which of the two somebody wants.

const KEPT = "nas-explorer-rail";

function show(button, narrow) {
  document.documentElement.toggleAttribute("data-rail", narrow);
  const text = narrow ? "Show the names of the pages" : "Narrow the menu to its signs";
  button.title = text;
  button.setAttribute("aria-label", text);
  button.setAttribute("aria-expanded", String(!narrow));
  button.textContent = narrow ? "»" : "«";
  dispatchEvent(new Event("resize")); // charts take the room
}

// A sign says its name under the pointer. Links come and go, so each gets it when it is pointed at.
function say({ target }) {
  const link = target.closest("[data-testid=stSidebar] [data-testid=stPageLink-NavLink]");
  if (link) link.title = document.documentElement.hasAttribute("data-rail") ? link.querySelector("p").textContent : "";
}

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  let narrow = localStorage.getItem(KEPT) === "1";
  show(button, narrow);
  document.addEventListener("pointerover", say);
  button.onclick = () => {
    narrow = !narrow;
    localStorage.setItem(KEPT, narrow ? "1" : "0");
    show(button, narrow);
  };
}
