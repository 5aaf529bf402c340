import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { addSeconds, Clock } from '../../../kernel/clock.js';
import { SecretBox } from '../../../platform/security/secret-box.js';
import { ApiKeys, type Operator } from '../../auth/api-keys.js';
import type { Session } from './session.js';

/** A working day; then the credential is asked for again. */
export const SESSION_SECONDS = 12 * 3_600;

/** Of one credential at once; the oldest one ends for the next. */
export const MOST_SESSIONS = 100;

const TOKEN_OCTETS = 32;
const CSRF_KEY_OCTETS = 32;
const LONGEST_USER_AGENT = 300;

/** Where somebody signs in from, for the list of sessions. */
export interface SignInOrigin {
  readonly clientAddress?: string;
  readonly userAgent?: string;
}

/** A session as its owner sees it. */
export interface ListedSession {
  readonly clientAddress: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly isThisOne: boolean;
}

interface SessionRow {
  readonly operatorId: string;
  readonly fingerprint: string;
  readonly expiresAt: Date;
}

/**
 * Sessions in the database, so that every server of a group knows them and signing out ends them everywhere. The
 * cookie holds a random token of which only a hash is stored. The credential behind a session is looked up at each
 * request: a revoked or expired key ends it, and a role that has changed counts at once.
 */
@Injectable()
export class Sessions {
  readonly #csrfKey: Buffer;

  constructor(
    secretBox: SecretBox,
    private readonly dataSource: DataSource,
    private readonly apiKeys: ApiKeys,
    private readonly clock: Clock,
  ) {
    this.#csrfKey = secretBox.derive('dashboard-csrf', CSRF_KEY_OCTETS);
  }

  /** Begins a session of somebody who has shown a credential. @returns the token for the cookie */
  async begin({ id, fingerprint }: Operator, { clientAddress, userAgent }: SignInOrigin = {}): Promise<string> {
    const token = randomBytes(TOKEN_OCTETS).toString('base64url');
    const now = this.clock.now();
    await this.dataSource.query(`DELETE FROM dashboard_sessions WHERE expires_at <= $1`, [now]);
    await this.dataSource.query(
      `INSERT INTO dashboard_sessions (token_hash, operator_id, fingerprint, client_address, user_agent, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        hashOf(token),
        id,
        fingerprint,
        clientAddress ?? null,
        userAgent?.slice(0, LONGEST_USER_AGENT) ?? null,
        now,
        addSeconds(now, SESSION_SECONDS),
      ],
    );
    await this.dataSource.query(
      `DELETE FROM dashboard_sessions WHERE token_hash IN (
         SELECT token_hash FROM dashboard_sessions WHERE operator_id = $1 ORDER BY created_at DESC OFFSET ${MOST_SESSIONS})`,
      [id],
    );
    return token;
  }

  /** The session of a cookie's token; undefined when there is none, it is over, or its credential does not work any more. */
  async find(token: string): Promise<Session | undefined> {
    if (!isToken(token)) return undefined;
    const [row] = await this.dataSource.query<SessionRow[]>(
      `SELECT operator_id AS "operatorId", fingerprint, expires_at AS "expiresAt"
         FROM dashboard_sessions WHERE token_hash = $1 AND expires_at > $2`,
      [hashOf(token), this.clock.now()],
    );
    const operator = row && (await this.apiKeys.stillValid(row.operatorId, row.fingerprint));
    if (!operator) return undefined;
    return { token, operator, csrfToken: this.#csrfToken(token), expiresAt: row.expiresAt };
  }

  /** Ends one session, on every server. */
  async end(token: string): Promise<void> {
    await this.dataSource.query(`DELETE FROM dashboard_sessions WHERE token_hash = $1`, [hashOf(token)]);
  }

  /** Ends every other session of the same credential. */
  async endOthers({ token, operator }: Session): Promise<void> {
    await this.dataSource.query(`DELETE FROM dashboard_sessions WHERE operator_id = $1 AND token_hash <> $2`, [
      operator.id,
      hashOf(token),
    ]);
  }

  /** The sessions of the same credential, newest first. */
  list({ token, operator }: Session): Promise<ListedSession[]> {
    return this.dataSource.query<ListedSession[]>(
      `SELECT client_address AS "clientAddress", user_agent AS "userAgent", created_at AS "createdAt",
              expires_at AS "expiresAt", token_hash = $2 AS "isThisOne"
         FROM dashboard_sessions WHERE operator_id = $1 AND expires_at > $3 ORDER BY created_at DESC`,
      [operator.id, hashOf(token), this.clock.now()],
    );
  }

  /** Compares in constant time. */
  isCsrfToken(session: Session, presented: unknown): boolean {
    if (typeof presented !== 'string') return false;
    const [expected, actual] = [Buffer.from(session.csrfToken), Buffer.from(presented)];
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  }

  #csrfToken(token: string): string {
    return createHmac('sha256', this.#csrfKey).update(token).digest('base64url');
  }
}

function isToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

/** The token has 256 random bits: a plain hash of it cannot be searched. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
