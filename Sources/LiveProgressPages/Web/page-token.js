// Part of Live Progress: the token of this page.

/** The token of the link, which is taken out of sight and history, or the one that this tab has had before. */
const pageToken = (() => {
  const key = "live-progress.token";
  const token = tokenIn(location.hash);
  try {
    if (token === null) return sessionStorage.getItem(key);
    sessionStorage.setItem(key, token);
  } catch {
    // A browser that stores nothing has the token for as long as the page is there.
  }
  if (token !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
})();

// Another link to this same page changes nothing but the fragment, which loads nothing by itself.
window.addEventListener("hashchange", () => {
  if (tokenIn(location.hash) !== null) location.reload();
});

/**
 * Opens a link in a new tab by a script where the reader wants a new tab: such a tab begins with what this one has stored, its token,
 * while one that the browser opens by itself begins with nothing. The link itself holds no token, so that it can be passed on.
 */
function openWithToken(event) {
  const link = event.target.closest?.("a[href]");
  const wantsTab = event.button === 1 || (event.button === 0 && (event.ctrlKey || event.metaKey || event.shiftKey));
  if (!link || !wantsTab || link.origin !== location.origin) return;
  event.preventDefault();
  window.open(link.href);
}
if (pageToken !== null) for (const kind of ["click", "auxclick"]) window.addEventListener(kind, openWithToken);

/** What to tell somebody whom the server turned away for want of a token that counts: a heading and a text. */
function tokenWords({ code, title, detail }) {
  if (pageToken === null) {
    return ["A link with a token is needed",
      "This server shows this only to those whose link ends in “#token=…”. Open the whole link that you were given."];
  }
  const isOver = code === closeCodes.unauthenticated || /expired/i.test(`${title} ${detail}`);
  return isOver
    ? ["This link has expired", "The time for which it was good is over. Ask whoever gave it to you for a new one."]
    : ["This link does not let you in", `${detail || "The server does not know its token."} Ask whoever gave it to you for a new one.`];
}
