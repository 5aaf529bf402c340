import { html, type Html } from './html.js';
import { utc } from './time.js';

/**
 * Says how old the page is, and to the script where its changes come from.
 * @param source a path of ours
 * @param version what the page was made from; absent: the stream begins with all of it
 */
export function liveState(source: string, now: Date, version?: string): Html {
  const address = version === undefined ? source : `${source}?seen=${encodeURIComponent(version)}`;
  return html`<p class="muted live" id="live-state" data-live-source="${address}">
    As of <time datetime="${now.toISOString()}">${utc(now)}</time>
  </p>`;
}
