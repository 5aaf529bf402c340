import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { addSeconds, Clock } from '../../../kernel/clock.js';
import { SecretBox } from '../../../platform/security/secret-box.js';
import { ApiKeys, type Operator } from '../../auth/api-keys.js';
import type { Session } from './session.js';

/** A working day; then the credential is asked for again. */
export const SESSION_SECONDS = 12 * 3_600;

const KEY_OCTETS = 32;
const ID_OCTETS = 16;

/** What the cookie holds, sealed. It names the credential and does not contain it. */
interface SealedSession {
  /** Random: the CSRF token hangs on it. */
  readonly id: string;
  readonly operatorId: string;
  /** Of the credential: an admin token that was changed ends its sessions. */
  readonly fingerprint: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Sessions without a store: all that is known stands sealed in the cookie, so that every server of a group can read it.
 * The credential behind it is looked up at each request; a revoked or expired key ends the session, and a role that has
 * changed counts at once.
 */
@Injectable()
export class Sessions {
  readonly #box: SecretBox;
  readonly #csrfKey: Buffer;

  constructor(
    secretBox: SecretBox,
    private readonly apiKeys: ApiKeys,
    private readonly clock: Clock,
  ) {
    // Keys of their own: nothing that is sealed elsewhere opens as a session.
    this.#box = new SecretBox(secretBox.derive('dashboard-session', KEY_OCTETS));
    this.#csrfKey = secretBox.derive('dashboard-csrf', KEY_OCTETS);
  }

  /** The cookie's value for somebody who has shown a credential. */
  seal(operator: Operator): string {
    const session: SealedSession = {
      id: randomBytes(ID_OCTETS).toString('base64url'),
      operatorId: operator.id,
      fingerprint: operator.fingerprint,
      expiresAt: Math.floor(addSeconds(this.clock.now(), SESSION_SECONDS).getTime() / 1000),
    };
    return Buffer.from(this.#box.seal(JSON.stringify(session)), 'base64').toString('base64url');
  }

  /** The session of a cookie's value; undefined when it is none, is over, or its credential does not work any more. */
  async open(cookie: string): Promise<Session | undefined> {
    const sealed = this.#unseal(cookie);
    if (!sealed || sealed.expiresAt * 1000 <= this.clock.now().getTime()) return undefined;
    const operator = await this.apiKeys.stillValid(sealed.operatorId, sealed.fingerprint);
    if (!operator) return undefined;
    const expiresAt = new Date(sealed.expiresAt * 1000);
    return { operator, csrfToken: this.#csrfToken(sealed.id), expiresAt };
  }

  /** Compares in constant time. */
  isCsrfToken(session: Session, presented: unknown): boolean {
    if (typeof presented !== 'string') return false;
    const [expected, actual] = [Buffer.from(session.csrfToken), Buffer.from(presented)];
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  }

  #csrfToken(id: string): string {
    return createHmac('sha256', this.#csrfKey).update(id).digest('base64url');
  }

  #unseal(cookie: string): SealedSession | undefined {
    if (!/^[\w-]{40,1000}$/.test(cookie)) return undefined;
    try {
      const base64 = Buffer.from(cookie, 'base64url').toString('base64');
      return JSON.parse(this.#box.open(base64).toString()) as SealedSession;
    } catch {
      // Of another server's key, of an older one, or made up: whoever it is signs in again.
      return undefined;
    }
  }
}
