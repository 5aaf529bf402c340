import { addSeconds } from '../../../kernel/clock.js';
import type {
  Authorization,
  ChallengeStatus,
  StoredAuthorizationStatus,
  ValidationOutcome,
} from '../../domain/authorization.js';
import type { Problem } from '../../domain/problem.js';
import type { AuthorizationStore } from '../../ports/acme-store.js';
import { validated } from '../validated.js';
import type { Sql } from './sql.js';

interface AuthorizationRow {
  readonly id: string;
  readonly account_id: string;
  readonly identifier: string;
  readonly status: StoredAuthorizationStatus;
  readonly expires_at: Date;
  readonly valid_seconds: number;
  readonly challenge_token: string;
  readonly challenge_status: ChallengeStatus;
  readonly validated_at: Date | null;
  readonly challenge_error: Problem | null;
}

export class PostgresAuthorizations implements AuthorizationStore {
  constructor(private readonly sql: Sql) {}

  async find(id: string): Promise<Authorization | undefined> {
    return (await findAuthorizations(this.sql, [id])).get(id);
  }

  async findValid(accountId: string, identifiers: readonly string[], until: Date): Promise<readonly Authorization[]> {
    const rows = await this.sql.rows<AuthorizationRow>(
      `SELECT DISTINCT ON (identifier) * FROM acme_server_authorizations
       WHERE server = $1 AND account_id = $2 AND identifier = ANY($3) AND status = 'valid' AND expires_at > $4
       ORDER BY identifier, expires_at DESC`,
      [accountId, identifiers, until],
    );
    return rows.map(authorizationOf);
  }

  async claimValidation(id: string, now: Date, leaseSeconds: number): Promise<boolean> {
    const claimed = await this.sql.change(
      `UPDATE acme_server_authorizations SET challenge_status = 'processing', validation_until = $4
       WHERE server = $1 AND id = $2 AND status = 'pending' AND expires_at > $3
         AND (validation_until IS NULL OR validation_until <= $3)`,
      [id, now, addSeconds(now, leaseSeconds)],
    );
    return claimed === 1;
  }

  async finishValidation(id: string, outcome: ValidationOutcome, now: Date): Promise<boolean> {
    const authorization = await this.find(id);
    if (!authorization) return false;
    const { status, expiresAt, challenge } = validated(authorization, outcome, now);
    const finished = await this.sql.change(
      `UPDATE acme_server_authorizations SET status = $3, expires_at = $4, challenge_status = $5, validated_at = $6,
         challenge_error = $7, validation_until = NULL
       WHERE server = $1 AND id = $2 AND status = 'pending'`,
      [
        id,
        status,
        expiresAt,
        challenge.status,
        challenge.validatedAt,
        challenge.error ? JSON.stringify(challenge.error) : null,
      ],
    );
    return finished === 1;
  }

  async deactivate(id: string): Promise<boolean> {
    const deactivated = await this.sql.change(
      `UPDATE acme_server_authorizations SET status = 'deactivated', validation_until = NULL
       WHERE server = $1 AND id = $2 AND status IN ('pending', 'valid')`,
      [id],
    );
    return deactivated === 1;
  }
}

/** The authorizations with these ids, by id. */
export async function findAuthorizations(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Authorization>> {
  const rows = await sql.rows<AuthorizationRow>(
    `SELECT * FROM acme_server_authorizations WHERE server = $1 AND id = ANY($2)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, authorizationOf(row)]));
}

export async function insertAuthorizations(sql: Sql, authorizations: readonly Authorization[]): Promise<void> {
  if (authorizations.length === 0) return;
  await sql.execute(
    `INSERT INTO acme_server_authorizations (server, id, account_id, identifier, status, expires_at, valid_seconds,
       challenge_token, challenge_status, validated_at)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
       $7::double precision[], $8::text[], $9::text[], $10::timestamptz[])`,
    [
      authorizations.map(({ id }) => id),
      authorizations.map(({ accountId }) => accountId),
      authorizations.map(({ identifier }) => identifier),
      authorizations.map(({ status }) => status),
      authorizations.map(({ expiresAt }) => expiresAt),
      authorizations.map(({ validSeconds }) => validSeconds),
      authorizations.map(({ challenge }) => challenge.token),
      authorizations.map(({ challenge }) => challenge.status),
      authorizations.map(({ challenge }) => challenge.validatedAt ?? null),
    ],
  );
}

function authorizationOf(row: AuthorizationRow): Authorization {
  return {
    id: row.id,
    accountId: row.account_id,
    identifier: row.identifier,
    status: row.status,
    expiresAt: row.expires_at,
    validSeconds: row.valid_seconds,
    challenge: {
      token: row.challenge_token,
      status: row.challenge_status,
      ...(row.validated_at ? { validatedAt: row.validated_at } : {}),
      ...(row.challenge_error ? { error: row.challenge_error } : {}),
    },
  };
}
