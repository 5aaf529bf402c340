import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the ACME server remembers. `server` tells several servers on one database apart: the sandbox's CA and the
 * fleet's own endpoint.
 */
export class AcmeServer1760000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE acme_server_accounts (
        id text PRIMARY KEY,
        server text NOT NULL,
        status text NOT NULL CHECK (status IN ('valid', 'deactivated', 'revoked')),
        jwk jsonb NOT NULL,
        thumbprint text NOT NULL,
        contacts text[] NOT NULL,
        created_at timestamptz NOT NULL,
        external_account_kid text,
        external_account_binding jsonb,
        UNIQUE (server, thumbprint)
      )`);
    await runner.query(`
      CREATE TABLE acme_server_authorizations (
        id text PRIMARY KEY,
        server text NOT NULL,
        account_id text NOT NULL REFERENCES acme_server_accounts,
        identifier text NOT NULL,
        status text NOT NULL CHECK (status IN ('pending', 'valid', 'invalid', 'deactivated', 'revoked')),
        expires_at timestamptz NOT NULL,
        valid_seconds double precision NOT NULL,
        challenge_token text NOT NULL,
        challenge_status text NOT NULL CHECK (challenge_status IN ('pending', 'processing', 'valid', 'invalid')),
        validated_at timestamptz,
        challenge_error jsonb,
        validation_until timestamptz
      )`);
    await runner.query(`
      CREATE INDEX acme_server_authorizations_valid ON acme_server_authorizations (account_id, identifier)
      WHERE status = 'valid'`);
    await runner.query(`
      CREATE INDEX acme_server_authorizations_expires ON acme_server_authorizations (expires_at)`);
    await runner.query(`
      CREATE TABLE acme_server_orders (
        id text PRIMARY KEY,
        server text NOT NULL,
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        account_id text NOT NULL REFERENCES acme_server_accounts,
        names text[] NOT NULL,
        name_set_hash text NOT NULL,
        profile text NOT NULL,
        replaces text,
        exemption text NOT NULL CHECK (exemption IN ('none', 'renewal', 'ari')),
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        authorization_ids text[] NOT NULL,
        csr bytea,
        error jsonb,
        certificate_id text,
        signing_until timestamptz
      )`);
    await runner.query(`CREATE INDEX acme_server_orders_account ON acme_server_orders (account_id, sequence)`);
    await runner.query(`
      CREATE INDEX acme_server_orders_open ON acme_server_orders (account_id, name_set_hash)
      WHERE csr IS NULL AND error IS NULL`);
    await runner.query(`
      CREATE INDEX acme_server_orders_replaces ON acme_server_orders (server, replaces) WHERE replaces IS NOT NULL`);
    await runner.query(`CREATE TABLE acme_server_issuer_chains (id text PRIMARY KEY, pem text NOT NULL)`);
    await runner.query(`
      CREATE TABLE acme_server_certificates (
        server text NOT NULL,
        id text NOT NULL,
        cert_id text NOT NULL,
        order_id text NOT NULL REFERENCES acme_server_orders,
        account_id text NOT NULL REFERENCES acme_server_accounts,
        names text[] NOT NULL,
        name_set_hash text NOT NULL,
        der bytea NOT NULL,
        issuer_chain_ids text[] NOT NULL,
        not_before timestamptz NOT NULL,
        not_after timestamptz NOT NULL,
        issued_at timestamptz NOT NULL,
        key_hash text NOT NULL,
        revoked_at timestamptz,
        revocation_reason smallint,
        window_start timestamptz,
        window_end timestamptz,
        window_explanation_url text,
        PRIMARY KEY (server, id),
        UNIQUE (server, cert_id)
      )`);
    await runner.query(`
      CREATE INDEX acme_server_certificates_names ON acme_server_certificates (server, name_set_hash, issued_at)`);
    await runner.query(`
      CREATE INDEX acme_server_certificates_revoked ON acme_server_certificates (server, not_after)
      WHERE revoked_at IS NOT NULL`);
    await runner.query(`
      CREATE TABLE acme_server_blocked_keys (
        server text NOT NULL,
        key_hash text NOT NULL,
        PRIMARY KEY (server, key_hash)
      )`);
    // Milliseconds with a fraction: GCRA intervals are not whole.
    await runner.query(`
      CREATE TABLE acme_server_buckets (
        server text NOT NULL,
        key text NOT NULL,
        tat_milliseconds double precision NOT NULL,
        PRIMARY KEY (server, key)
      )`);
    await runner.query(`
      CREATE TABLE acme_server_paused_names (
        account_id text NOT NULL REFERENCES acme_server_accounts,
        name text NOT NULL,
        paused_at timestamptz NOT NULL,
        PRIMARY KEY (account_id, name)
      )`);
    await runner.query(`
      CREATE TABLE acme_server_used_nonces (
        server text NOT NULL,
        nonce text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (server, nonce)
      )`);
    await runner.query(`CREATE INDEX acme_server_used_nonces_expires ON acme_server_used_nonces (expires_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'used_nonces',
      'paused_names',
      'buckets',
      'blocked_keys',
      'certificates',
      'issuer_chains',
      'orders',
      'authorizations',
      'accounts',
    ]) {
      await runner.query(`DROP TABLE acme_server_${table}`);
    }
  }
}
