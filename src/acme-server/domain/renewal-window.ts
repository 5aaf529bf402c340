import { addSeconds } from '../../kernel/clock.js';
import type { IssuedCertificate, RenewalWindow } from './certificate.js';

const TEN_DAYS = 10 * 86_400;

/**
 * The suggested window of a certificate as Boulder computes it: around two thirds of its lifetime (half of it below
 * ten days), 1 % to either side. A revoked certificate's lies in the past, which means "now" (RFC 9773 section 4.2).
 */
export function renewalWindow(
  certificate: Pick<IssuedCertificate, 'notBefore' | 'notAfter' | 'revoked' | 'renewalWindow'>,
  now: Date,
): RenewalWindow {
  if (certificate.renewalWindow) return certificate.renewalWindow;
  if (certificate.revoked) return { start: addSeconds(now, -3600), end: addSeconds(now, -1800) };
  const lifetime = (certificate.notAfter.getTime() - certificate.notBefore.getTime()) / 1000 + 1;
  const ideal = addSeconds(certificate.notAfter, -lifetime / (lifetime < TEN_DAYS ? 2 : 3));
  const start = wholeSecond(addSeconds(ideal, -lifetime / 100));
  const end = wholeSecond(addSeconds(ideal, lifetime / 100));
  // A window must not be empty (RFC 9773 section 4.2), however short the lifetime is.
  return end > start ? { start, end } : { start, end: addSeconds(start, 1) };
}

/** The start belongs to the window, the end does not. */
export function isWithin(window: RenewalWindow, now: Date): boolean {
  return window.start <= now && now < window.end;
}

function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
