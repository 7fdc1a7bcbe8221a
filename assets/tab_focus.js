// Streamlit disables the tabs of a page for a moment while it draws them anew, which takes the focus away from the one
// that somebody has just opened: here that one gets it back.

function keepTabFocus() {
  addEventListener("focusout", async ({ target, relatedTarget }) => {
    if (target.getAttribute?.("role") !== "tab" || relatedTarget) return;
    const disabled = () => target.isConnected && target.ariaDisabled === "true";
    await null; // it is disabled right after
    if (!disabled()) return;
    while (disabled()) await new Promise(requestAnimationFrame);
    if (document.activeElement === document.body) target.focus({ preventScroll: true });
  });
}
