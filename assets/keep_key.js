// Keeps a visitor's key in a cookie. Where another tab has kept one meanwhile, that one counts: the page is loaded anew,
// once, for a browser may not send it.

export default function ({ data }) {
  const { name, value, seconds } = data;
  const kept = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${name}=`));
  if (kept === undefined) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=${seconds}; SameSite=Lax${secure}`;
  } else if (kept !== `${name}=${value}` && !sessionStorage.getItem(name)) {
    sessionStorage.setItem(name, "1");
    location.reload();
  }
}
