// Looks every two seconds whether the list has changed and puts the new rows in, each marked once.
// Nothing depends on it: without scripts the page offers "Look again".
"use strict";

const list = document.querySelector("[data-tail]");
const said = document.querySelector("[data-tail-status]");
const EVERY = 2000;
const SLOWLY = 30000;
let count = 0;

const ids = (root) => [...root.querySelectorAll("tr[id]")].map((row) => row.id);

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.redirected || !answer.ok) throw new Error(`answer ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.querySelector("[data-tail]");
  const known = new Set(ids(list));
  const fresh = ids(now).filter((id) => !known.has(id));
  if (fresh.length === 0) return;
  for (const id of fresh) now.querySelector(`#${CSS.escape(id)}`).classList.add("fresh");
  list.replaceChildren(...now.childNodes);
  count += fresh.length;
  said.textContent = `Watching. ${count} new since you began, the last stored ${list.querySelector("time").textContent}.`;
}

async function watch() {
  let wait = EVERY;
  try {
    if (!document.hidden) await look();
  } catch (problem) {
    said.textContent = `The server does not answer (${problem.message}); trying again.`;
    wait = SLOWLY;
  }
  setTimeout(watch, wait);
}

setTimeout(watch, EVERY);
