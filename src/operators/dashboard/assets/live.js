// Keeps a page up to date. Without this script it shows what was true when it was loaded.
const state = document.querySelector('[data-live-source]');
/** Between two changes, and until the next try when one could not be taken over. */
const PAUSE_MILLISECONDS = 500;
const AGAIN_MILLISECONDS = 5_000;

let source;
let address = state?.dataset.liveSource;
let isRefreshing = false;
/** The version that the page ought to show; undefined when it does. */
let wanted;

/** Takes a new version of a part over, unless its reader is in the middle of it. */
function replacePart(name, fresh) {
  const old = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
  if (!old || !fresh) return true;
  for (const details of fresh.querySelectorAll('details')) {
    const key = details.querySelector('summary')?.textContent;
    const same = [...old.querySelectorAll('details')].find((one) => one.querySelector('summary')?.textContent === key);
    if (same) details.open = same.open;
  }
  if (old.isEqualNode(fresh)) return true;
  const selection = getSelection();
  const isRead = old.contains(document.activeElement) || (!selection.isCollapsed && selection.containsNode(old, true));
  if (!isRead) old.replaceWith(fresh);
  return !isRead;
}

/** Fetches this page again and takes over what differs. @returns whether it did */
async function takeOver() {
  try {
    const answer = await fetch(location.href, { cache: 'no-store', headers: { Accept: 'text/html' } });
    // Signed out, or what was shown is deleted: the whole page says so.
    if (answer.redirected || answer.status === 404) location.reload();
    if (!answer.ok || answer.redirected) return false;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const parts = [...page.querySelectorAll('[data-part]')];
    sayLive();
    return parts.map((part) => replacePart(part.dataset.part, part)).every(Boolean);
  } catch {
    return false;
  }
}

/** Goes on until the page shows at least this version. */
async function refreshTo(version) {
  wanted = version;
  if (isRefreshing) return;
  isRefreshing = true;
  while (wanted !== undefined && !document.hidden) {
    const aim = wanted;
    const isDone = await takeOver();
    if (isDone) {
      const next = new URL(address, location.href);
      next.searchParams.set('seen', aim);
      address = next.href;
      if (wanted === aim) wanted = undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, isDone ? PAUSE_MILLISECONDS : AGAIN_MILLISECONDS));
  }
  isRefreshing = false;
}

function sayLive() {
  state.classList.add('on');
  state.textContent = `Live · ${new Date().toISOString().slice(11, 19)} UTC`;
}

function open() {
  source = new EventSource(address);
  source.addEventListener('open', sayLive);

  source.addEventListener('fleet', (event) => {
    for (const [name, value] of Object.entries(JSON.parse(event.data))) {
      for (const element of document.querySelectorAll(`[data-live="${CSS.escape(name)}"]`)) {
        element.textContent = value.toLocaleString('en');
        if (element.matches('.tile > .figure')) element.parentElement.classList.toggle('zero', value === 0);
      }
    }
    sayLive();
  });

  source.addEventListener('part', (event) => {
    const { name, html } = JSON.parse(event.data);
    const template = document.createElement('template');
    template.innerHTML = html;
    replacePart(name, template.content.querySelector('[data-part]'));
  });

  source.addEventListener('changed', (event) => void refreshTo(JSON.parse(event.data).version));

  source.addEventListener('signed-out', () => {
    source.close();
    location.reload();
  });

  source.addEventListener('error', () => {
    state.classList.remove('on');
    // EventSource tries again by itself unless the server said no.
    state.textContent =
      source.readyState === EventSource.CLOSED ? 'Not live: reload the page' : 'Not live: connecting again …';
  });
}

if (state) {
  open();
  // A browser has few connections for one server: pages that nobody sees give theirs back.
  document.addEventListener('visibilitychange', () => {
    source.close();
    if (!document.hidden) open();
  });
  // A page in the browser's back-and-forward cache holds no connection.
  addEventListener('pagehide', () => source.close());
  addEventListener('pageshow', (event) => event.persisted && location.reload());
}
