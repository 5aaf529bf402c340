import type { Operator } from '../../auth/api-keys.js';

/** Somebody who has signed in, as one request sees it. */
export interface Session {
  /** The cookie's secret: never shown. */
  readonly token: string;
  /** With the role that the credential has now. */
  readonly operator: Operator;
  /** Goes into every form, and has to come back with it. */
  readonly csrfToken: string;
  readonly expiresAt: Date;
}
