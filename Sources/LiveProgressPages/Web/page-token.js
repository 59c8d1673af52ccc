// Part of Live Progress: the token of a page, and the texts for a refused connection.

/** The token of the link, or the token that this tab already had. The link's token is removed from the address and the history. */
const pageToken = (() => {
  const key = "live-progress.token";
  const token = readAddress(location.href).token || null;
  try {
    if (token === null) return sessionStorage.getItem(key);
    sessionStorage.setItem(key, token);
  } catch {
    // If the browser stores nothing, the page has the token until it is closed.
  }
  if (token !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
})();

// Another link to the same page changes only the fragment, and the browser does not load the page again.
window.addEventListener("hashchange", () => {
  if (readAddress(location.href).token) location.reload();
});

/**
 * Opens a link in a new tab by a script. Such a tab begins with a copy of this tab's storage, and so has the token; a tab that
 * the browser opens has an empty storage. The link itself has no token, so that the user can share it.
 */
function openWithToken(event) {
  const link = event.target.closest?.("a[href]");
  const wantsTab = event.button === 1 || (event.button === 0 && (event.ctrlKey || event.metaKey || event.shiftKey));
  if (!link || !wantsTab || link.origin !== location.origin) return;
  event.preventDefault();
  window.open(link.href);
}
if (pageToken !== null) for (const kind of ["click", "auxclick"]) window.addEventListener(kind, openWithToken);

/** The heading and the text for a server that does not accept the token, or that requires one. */
function tokenWords({ status, message }) {
  if (pageToken === null) {
    return ["A link with a token is needed",
      "This server shows this only to those whose link ends in “#token=…”. Open the whole link that you were given."];
  }
  // Only a close code is so large. The server closed an open connection, so the token was valid before.
  const wasOpen = status > 999;
  return wasOpen || /expired/i.test(message)
    ? ["This link has expired", "The time for which it was good is over. Ask whoever gave it to you for a new one."]
    : ["This link does not let you in", `${message} Ask whoever gave it to you for a new one.`];
}

/** The heading and the text for a refused connection; `words` has those of the page, by the kind of the error. */
function refusalWords(error, words, title) {
  if (error.kind === "unauthenticated") return tokenWords(error);
  return words[error.kind] ?? [error.problem?.title ?? title, error.message];
}
