import { html, type Html } from './html.js';

/** A device's name, leading to its page. Long labels may break anywhere. */
export function deviceLink(deviceId: string, name: string): Html {
  return html`<a class="device" href="/devices/${deviceId}"><code>${name}</code></a>`;
}
