import type { MigrationInterface, QueryRunner } from 'typeorm';

const OPEN = `status IN ('queued', 'issuing', 'deferred')`;

export class Issuer1760000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // One account a CA. The row, with the key, is there before the CA hears of it: a lost answer to newAccount is
    // repeated with the same key and finds the same account.
    await runner.query(`
      CREATE TABLE acme_accounts (
        id uuid PRIMARY KEY,
        directory_url text NOT NULL UNIQUE,
        key_sealed text NOT NULL,
        key_spki_sha256 text NOT NULL UNIQUE,
        account_url text,
        contact text,
        eab_kid text,
        created_at timestamptz NOT NULL,
        registered_at timestamptz
      )`);

    await runner.query(`
      CREATE TABLE issuance_orders (
        id uuid PRIMARY KEY,
        device_id uuid NOT NULL REFERENCES devices (id),
        csr_der bytea NOT NULL,
        csr_sha256 text NOT NULL,
        spki_sha256 text NOT NULL,
        names text[] NOT NULL CHECK (cardinality(names) BETWEEN 1 AND 100),
        status text NOT NULL CHECK (status IN ('queued', 'issuing', 'deferred', 'issued', 'failed')),
        reason_code text,
        reason text,
        step text NOT NULL,
        step_at timestamptz NOT NULL,
        failures integer NOT NULL DEFAULT 0,
        queued_at timestamptz NOT NULL,
        next_attempt_at timestamptz NOT NULL,
        lease_id uuid,
        lease_owner text,
        lease_server integer,
        lease_expires_at timestamptz,
        account_id uuid REFERENCES acme_accounts (id),
        acme_order_url text,
        replaces text,
        history jsonb NOT NULL DEFAULT '[]',
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        ended_at timestamptz,
        CHECK (num_nulls(lease_id, lease_owner, lease_server, lease_expires_at) IN (0, 4)),
        CHECK (acme_order_url IS NULL OR account_id IS NOT NULL),
        CHECK ((${OPEN}) = (ended_at IS NULL))
      )`);
    await runner.query(`CREATE UNIQUE INDEX issuance_orders_open ON issuance_orders (device_id) WHERE ${OPEN}`);
    await runner.query(
      `CREATE INDEX issuance_orders_line ON issuance_orders ((acme_order_url IS NULL), queued_at) WHERE ${OPEN}`,
    );
    await runner.query(
      `CREATE INDEX issuance_orders_leased ON issuance_orders (lease_server) WHERE lease_id IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX issuance_orders_device ON issuance_orders (device_id, created_at DESC)`);
    await runner.query(
      `CREATE INDEX issuance_orders_failed ON issuance_orders (updated_at DESC) WHERE status = 'failed'`,
    );

    await runner.query(`
      CREATE TABLE certificates (
        id uuid PRIMARY KEY,
        device_id uuid NOT NULL REFERENCES devices (id),
        order_id uuid NOT NULL UNIQUE REFERENCES issuance_orders (id),
        account_id uuid NOT NULL REFERENCES acme_accounts (id),
        pem text NOT NULL,
        serial text NOT NULL,
        sha256 text NOT NULL,
        spki_sha256 text NOT NULL,
        names text[] NOT NULL,
        not_before timestamptz NOT NULL,
        not_after timestamptz NOT NULL,
        ari_cert_id text,
        renew_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        revoked_at timestamptz,
        revocation_reason text,
        revocation_confirmed_at timestamptz,
        revocation_failures integer NOT NULL DEFAULT 0,
        revocation_next_attempt_at timestamptz,
        revocation_error text,
        CHECK ((revoked_at IS NULL) = (revocation_reason IS NULL))
      )`);
    await runner.query(`CREATE INDEX certificates_device ON certificates (device_id, created_at DESC)`);
    await runner.query(`CREATE INDEX certificates_expiry ON certificates (not_after) WHERE revoked_at IS NULL`);
    await runner.query(
      `CREATE INDEX certificates_revocation ON certificates (revocation_next_attempt_at)
        WHERE revoked_at IS NOT NULL AND revocation_confirmed_at IS NULL`,
    );

    // Every public key that was ever ordered for, and by whom. Rows stay: a compromised key is refused for ever.
    await runner.query(`
      CREATE TABLE device_keys (
        spki_sha256 text PRIMARY KEY,
        device_id uuid NOT NULL REFERENCES devices (id),
        first_seen_at timestamptz NOT NULL,
        compromised_at timestamptz
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE device_keys, certificates, issuance_orders, acme_accounts`);
  }
}
