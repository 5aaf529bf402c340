import type { DeviceItem } from '../../../devices/device-item.js';
import { checkBox, csrfField } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import type { Session } from '../../session/session.js';

/** Asks once more before a device is deleted. */
export function deletionPage(session: Session, { deviceId, name, certificate, order }: DeviceItem): Html {
  const mayHaveCertificate = certificate !== null || (order !== null && !['issued', 'failed'].includes(order.status));
  return layout({
    title: 'Delete this device?',
    section: '/devices',
    session,
    trail: [
      { path: '/devices', title: 'Devices' },
      { path: `/devices/${deviceId}`, title: name },
    ],
    content: html`<form method="post" action="/devices/${deviceId}/delete" class="card narrow">
      ${csrfField(session)}
      <p>
        The records of <code>${name}</code> go, its credential ends, and the name is never given out again. This cannot
        be undone; the hardware may enroll anew under another name.
      </p>
      ${mayHaveCertificate && checkBox('revoke', 'revoke', 'Also revoke its certificates at the CA', false)}
      <div class="buttons">
        <button class="danger">Delete the device</button><a href="/devices/${deviceId}">Keep it</a>
      </div>
    </form>`,
  });
}
