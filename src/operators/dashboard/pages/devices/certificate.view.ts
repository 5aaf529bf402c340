import type { StoredCertificate } from '../../../../issuer/certificates/certificate-store.js';
import { certificateDetails } from '../../domain/certificate-details.js';
import { badge } from '../../html/badge.js';
import { definitions } from '../../html/definitions.js';
import { html, type Html } from '../../html/html.js';
import { moment } from '../../html/time.js';

/** A device's newest certificate in every detail. */
export function certificateCard(certificate: StoredCertificate | undefined, now: Date): Html {
  return html`<section class="card" aria-labelledby="certificate">
    <h2 id="certificate">Certificate</h2>
    ${certificate ? details(certificate, now) : html`<p class="empty">The device has no certificate yet.</p>`}
  </section>`;
}

function details(certificate: StoredCertificate, now: Date): Html {
  const { names, notBefore, notAfter, renewAt, revokedAt, revocationReason, pem } = certificate;
  const { serial, issuer, key, fingerprint, chain } = certificateDetails(pem);
  return html`${definitions([
      ['Revoked', revokedAt && html`${badge('revoked')} ${moment(revokedAt, now)}, ${revocationReason}`],
      ['Names', names.map((name) => html`<code class="line">${name}</code>`)],
      ['Valid from', moment(notBefore, now)],
      ['Valid until', moment(notAfter, now)],
      ['Renews from', revokedAt ? null : moment(renewAt, now)],
      ['Key', key],
      ['Issuer', issuer],
      ['Sent with it', chain.map((name) => html`<span class="line">${name}</span>`)],
      ['Serial', html`<code>${serial}</code>`],
      ['SHA-256', html`<code>${fingerprint}</code>`],
    ])}
    <details>
      <summary>The chain as PEM</summary>
      <pre tabindex="0">${pem}</pre>
    </details>`;
}
