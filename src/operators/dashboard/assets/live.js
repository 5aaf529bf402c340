// The fleet's figures, kept up to date. Without this script the page shows them as they were when it was loaded.
const state = document.querySelector('[data-live-source]');

if (state) {
  const source = new EventSource(state.dataset.liveSource);

  source.addEventListener('fleet', (event) => {
    for (const [name, value] of Object.entries(JSON.parse(event.data))) {
      for (const element of document.querySelectorAll(`[data-live="${CSS.escape(name)}"]`)) {
        element.textContent = value.toLocaleString('en');
        if (element.matches('.tile > .figure')) element.parentElement.classList.toggle('zero', value === 0);
      }
    }
    state.textContent = `Live · ${new Date().toISOString().slice(11, 19)} UTC`;
  });

  source.addEventListener('signed-out', () => {
    source.close();
    location.reload();
  });

  source.addEventListener('error', () => {
    // EventSource tries again by itself unless the server said no.
    state.textContent =
      source.readyState === EventSource.CLOSED ? 'Not live: reload the page' : 'Not live: connecting again …';
  });

  // A page in the browser's back-and-forward cache holds no connection.
  addEventListener('pagehide', () => source.close());
  addEventListener('pageshow', (event) => event.persisted && location.reload());
}
