import { html, type Html } from './html.js';

/** A device's name, leading to its page. Where it is too long for a line, it breaks before the zone. */
export function deviceLink(deviceId: string, name: string): Html {
  const dot = name.indexOf('.');
  return html`<a class="device" href="/devices/${deviceId}"
    ><code>${name.slice(0, dot)}<span class="zone">${name.slice(dot)}</span></code></a
  >`;
}
