// Tries to reach the device from this browser, and shows what that means. Without this script the page is a guide.
const status = document.querySelector('[data-check]');
const LONGEST_MILLISECONDS = 10_000;
/** A name that is not found and a port that is closed fail before this; a host that is not there after it. */
const QUICK_MILLISECONDS = 2_500;

async function isReachable(url) {
  try {
    // The answer is opaque, which is enough: TLS was accepted, and something answered.
    await fetch(url, {
      mode: 'no-cors',
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(LONGEST_MILLISECONDS),
    });
    return true;
  } catch {
    return false;
  }
}

if (status) {
  const url = status.dataset.check;
  status.textContent = `Trying to reach ${url} …`;
  const start = performance.now();
  const reachable = await isReachable(url);
  const isQuick = performance.now() - start < QUICK_MILLISECONDS;
  status.textContent = reachable
    ? 'Reachable: all is well.'
    : `Not reachable from here: ${url} did not answer this browser.`;
  status.classList.add(reachable ? 'good' : 'bad');
  document.querySelector(`[data-verdict="${reachable ? 'reachable' : 'unreachable'}"]`).hidden = false;
  if (reachable) document.querySelector('.steps').hidden = true;
  else document.querySelector(`[data-pace="${isQuick ? 'quick' : 'slow'}"]`).hidden = false;
}
