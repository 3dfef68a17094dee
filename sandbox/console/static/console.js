// Keeps the page up to date: each fragment is asked for again every two seconds and replaced where it has changed.
"use strict";

const EVERY_MS = 2000;
const language = document.getElementById("content").dataset.language;

function keep(element) {
  const open = new Map();
  for (const details of element.querySelectorAll("details[data-key]")) open.set(details.dataset.key, details.open);
  return open;
}

function replace(element, html) {
  const open = keep(element);
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const place = focused ? [...element.querySelectorAll("a, summary, button")].indexOf(focused) : -1;
  element.innerHTML = html;
  for (const details of element.querySelectorAll("details[data-key]")) {
    if (open.has(details.dataset.key)) details.open = open.get(details.dataset.key);
  }
  if (place >= 0) [...element.querySelectorAll("a, summary, button")][place]?.focus({ preventScroll: true });
}

async function refresh(element) {
  const address = `/fragments/${element.dataset.fragment}?lang=${encodeURIComponent(language)}`;
  const headers = element.dataset.etag ? { "If-None-Match": element.dataset.etag } : {};
  try {
    const answer = await fetch(address, { headers, cache: "no-store" });
    if (answer.status === 200) {
      replace(element, await answer.text());
      element.dataset.etag = answer.headers.get("ETag") ?? "";
    }
    document.documentElement.classList.remove("stale");
  } catch {
    document.documentElement.classList.add("stale");
  }
}

for (const element of document.querySelectorAll("[data-fragment]")) {
  let busy = false;
  setInterval(async () => {
    if (busy || document.hidden) return;
    busy = true;
    await refresh(element);
    busy = false;
  }, EVERY_MS);
}

function openTarget() {
  const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (target instanceof HTMLDetailsElement) target.open = true;
}

addEventListener("hashchange", openTarget);
openTarget();
