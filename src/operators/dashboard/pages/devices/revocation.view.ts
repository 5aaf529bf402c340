import { REVOCATION_REASONS, type RevocationReason } from '../../../../issuer/domain/revocation-reason.js';
import type { DeviceItem } from '../../../devices/device-item.js';
import { choice, csrfField } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import { layout } from '../../html/layout.js';
import type { Session } from '../../session/session.js';

export const REASON_TITLES: Readonly<Record<RevocationReason, string>> = {
  superseded: 'It was replaced',
  cessationOfOperation: 'The device is not in use any more',
  keyCompromise: 'Its key was stolen or disclosed',
  unspecified: 'No reason is given',
};

export const REVOCATION_CHOICES = Object.keys(REVOCATION_REASONS) as RevocationReason[];

/** Asks for the reason before the certificate is revoked. */
export function revocationPage(session: Session, { deviceId, name, certificate }: DeviceItem): Html {
  return layout({
    title: 'Revoke the certificate?',
    section: '/devices',
    session,
    trail: [
      { path: '/devices', title: 'Devices' },
      { path: `/devices/${deviceId}`, title: name },
    ],
    content: html`<form method="post" action="/devices/${deviceId}/revoke" class="card narrow">
      ${csrfField(session)}
      <p>
        The newest certificate of
        <code>${name}</code>${certificate && html` (serial <code>${certificate.serial}</code>)`} is revoked at the CA.
        This cannot be undone. The device stays enrolled and orders a new one.
      </p>
      ${choice(
        'reason',
        'reason',
        'Reason',
        Object.entries(REASON_TITLES).map(([reason, title]) => [reason, title] as const),
      )}
      <p class="hint">
        A stolen key is refused for ever, and every certificate for it is revoked: the device has to make a new one.
      </p>
      <div class="buttons">
        <button class="danger">Revoke the certificate</button><a href="/devices/${deviceId}">Leave it</a>
      </div>
    </form>`,
  });
}
