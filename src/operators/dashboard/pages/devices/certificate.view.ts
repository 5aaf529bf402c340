import { certificateDetails } from '../../domain/certificate-details.js';
import { durationText } from '../../domain/duration-text.js';
import { badge } from '../../html/badge.js';
import { definitions } from '../../html/definitions.js';
import { html, type Html, type HtmlValue } from '../../html/html.js';
import { table } from '../../html/table.js';
import { moment, utc } from '../../html/time.js';
import type { DeviceCertificates, EarlierCertificate } from './device-certificates.js';

/** A device's newest certificate in every detail, and those before it. */
export function certificateCard(certificates: DeviceCertificates | undefined, now: Date): Html {
  return html`<section class="card" aria-labelledby="certificate" data-part="certificate">
    <h2 id="certificate">Certificate</h2>
    ${certificates ? details(certificates, now) : html`<p class="empty">The device has no certificate yet.</p>`}
  </section>`;
}

function details(certificates: DeviceCertificates, now: Date): Html {
  const { names, notBefore, notAfter, renewAt, revokedAt, pem, spkiSha256 } = certificates.newest;
  const { serial, issuer, key, fingerprint, chain, subject, purposes, locations } = certificateDetails(pem);
  return html`${revokedAt === undefined && lifetime(notBefore, notAfter, now)}
    ${definitions([
      ['Revoked', revoked(certificates, now)],
      ['Names', names.map((name) => html`<code class="line">${name}</code>`)],
      ['Valid from', moment(notBefore, now)],
      ['Valid until', moment(notAfter, now)],
      ['Renews from', revokedAt ? null : moment(renewAt, now)],
      ['Key', key],
      ['For', purposes.join(', ')],
      ['Subject', subject],
      ['Issuer', issuer],
      ['Sent with it', chain.map((name) => html`<span class="line">${name}</span>`)],
      ['Serial', html`<code>${serial}</code>`],
      ['SHA-256', html`<code>${fingerprint}</code>`],
      ['Key SHA-256', html`<code>${spkiSha256}</code>`],
      ['ARI', certificates.ariCertId && html`<code>${certificates.ariCertId}</code>`],
      ['Ordered at', html`<code>${certificates.ca}</code>`],
      ['Says where', locations.map((location) => html`<code class="line">${location}</code>`)],
    ])}
    <details>
      <summary>The chain as PEM</summary>
      <pre tabindex="0">${pem}</pre>
    </details>
    ${earlierOnes(certificates.earlier)}`;
}

/** How much of the lifetime is left, for the eyes; the text beside it says the same. */
function lifetime(notBefore: Date, notAfter: Date, now: Date): Html {
  // Both ends count (RFC 5280 section 4.1.2.5).
  const whole = notAfter.getTime() - notBefore.getTime() + 1_000;
  const left = Math.max(0, notAfter.getTime() - now.getTime());
  return html`<div class="lifetime">
    <meter min="0" max="${whole}" low="${whole / 3}" optimum="${whole}" value="${left}" aria-labelledby="left"></meter>
    <p id="left" class="muted">
      ${left === 0 ? 'Expired' : html`${durationText(left)} of ${durationText(whole)} left`}
    </p>
  </div>`;
}

function revoked({ newest, revocationConfirmedAt, revocationError }: DeviceCertificates, now: Date): HtmlValue {
  const { revokedAt, revocationReason } = newest;
  if (!revokedAt) return null;
  const state = revocationConfirmedAt
    ? html`The CA confirmed it on ${utc(revocationConfirmedAt)}.`
    : html`The CA has not confirmed it yet${revocationError !== null && html`: ${revocationError}`}. It is asked again
      and again.`;
  return html`${badge('revoked')} ${moment(revokedAt, now)}, ${revocationReason}. ${state}`;
}

function earlierOnes(earlier: readonly EarlierCertificate[]): HtmlValue {
  if (earlier.length === 0) return null;
  return html`<details>
    <summary>Earlier certificates</summary>
    ${table(
      'Earlier certificates, newest first',
      [
        { title: 'Serial', kind: 'name', cell: ({ serial }) => html`<code>${serial}</code>` },
        { title: 'Valid from', cell: ({ notBefore }) => utc(notBefore) },
        { title: 'Until', cell: ({ notAfter }) => utc(notAfter) },
        { title: 'Revoked', cell: ({ revokedAt }) => (revokedAt ? utc(revokedAt) : 'no') },
      ],
      earlier,
      '',
    )}
  </details>`;
}
