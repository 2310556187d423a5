// Shows a mail as soon as it has arrived.

import { ask } from "./connection.js";

const newest = Number(document.getElementById("mails").dataset.newest);

setInterval(async () => {
  if (document.hidden) return;
  try {
    const state = await (await ask("/api/state", 2000)).json();
    if (state.newest_mail !== newest) location.reload();
  } catch {
    // The list stays as it was; the next look may succeed.
  }
}, 2000);
