// What of a page the keyboard does not reach, or shows no sign when it does. To be asked after a key was pressed.

async () => {
  const CONTROLS = "button, a[href], input, select, textarea, summary, [role=button], [role=tab], [role=slider], [role=combobox], [role=application], [onclick]";
  const LOOK = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderTopColor", "borderBottomColor", "backgroundColor", "color", "opacity", "textDecorationLine", "stroke", "strokeWidth"];
  const roots = [document];
  for (const root of roots) for (const e of root.querySelectorAll("*")) if (e.shadowRoot) roots.push(e.shadowRoot);
  const controls = roots.flatMap((root) => [...root.querySelectorAll(CONTROLS)]).filter((e) => {
    if (e.disabled || e.getAttribute("aria-disabled") === "true" || e.closest("[inert], [aria-hidden=true]")) return false;
    return e.getClientRects().length && e.checkVisibility({ visibilityProperty: true });
  });
  const name = (e) => `${e.localName} “${(e.ariaLabel || e.title || e.textContent || e.type || "").trim().slice(0, 40)}”`;
  // The arrow keys lead through a group, which Tab enters once.
  const group = (e) => e.closest("[role=radiogroup], [role=tablist], [role=menu], [role=grid]");
  const around = (e) => [e, ...e.querySelectorAll("*"), e.parentElement, e.parentElement?.parentElement, e.parentElement?.parentElement?.parentElement].filter(Boolean);
  const look = (e) => around(e).map((x) => { const css = getComputedStyle(x); return LOOK.map((what) => css[what]).join(); }).join();
  const out = new Set();
  for (const e of controls) {
    if (e.tabIndex > 0) out.add(`${name(e)} is out of order`);
    if (e.tabIndex < 0) {
      const within = group(e) ?? e.closest("[data-testid=stNumberInput], [data-testid=stSelectbox], [data-testid=stMultiSelect], [data-testid=stFileUploader]");
      if (![...(within?.querySelectorAll("*") ?? [])].some((x) => x.tabIndex >= 0)) out.add(`${name(e)} cannot be reached`);
      continue;
    }
    document.activeElement?.blur();
    const before = look(e);
    e.focus({ preventScroll: true });
    if (e.getRootNode().activeElement !== e) continue; // its group hands the focus to what is chosen
    for (let tries = 0; look(e) === before && tries < 10; tries++) await new Promise((done) => setTimeout(done, 30));
    if (look(e) === before) out.add(`${name(e)} shows no focus`);
  }
  document.activeElement?.blur();
  return [...out];
}
