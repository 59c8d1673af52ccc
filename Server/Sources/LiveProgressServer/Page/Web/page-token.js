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
