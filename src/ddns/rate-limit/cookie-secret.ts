import type { SecretBox } from '../../platform/security/secret-box.js';
import { COOKIE_SECRET_OCTETS } from './configured-gate.js';

/** The secret of the DNS cookies for a period of rolling-cookies.ts, the same on every server of one secret key. */
export function cookieSecret(secrets: SecretBox, period: number): Buffer {
  return secrets.derive(`dns-cookie ${period}`, COOKIE_SECRET_OCTETS);
}
