import type { MigrationInterface, QueryRunner } from 'typeorm';

const OPEN = `status IN ('queued', 'issuing', 'deferred')`;

/** Several CAs: what is known of each, which of them have paused us, and which of them each order is for. */
export class SeveralCas1760000000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // `ca` is a directory URL. `trouble_…` is set while nothing can be had from the CA, whoever has found that out.
    await runner.query(`
      CREATE TABLE issuance_cas (
        ca text PRIMARY KEY,
        caa_identities text[],
        trouble_since timestamptz,
        trouble_cause text CHECK (trouble_cause IN ('unreachable', 'fault', 'account')),
        trouble_detail text,
        trouble_probe_at timestamptz,
        trouble_probes integer NOT NULL DEFAULT 0,
        fallback_since timestamptz,
        CHECK (num_nulls(trouble_since, trouble_cause, trouble_detail, trouble_probe_at) IN (0, 4))
      )`);
    // What a CA has paused: a name, or with '' the whole account.
    await runner.query(`
      CREATE TABLE issuance_pauses (
        ca text NOT NULL,
        name text NOT NULL,
        detail text NOT NULL,
        paused_at timestamptz NOT NULL,
        probe_at timestamptz NOT NULL,
        probes integer NOT NULL DEFAULT 0,
        PRIMARY KEY (ca, name)
      )`);
    // Without a CA an order is any CA's: so all are where only one is configured.
    await runner.query(`
      ALTER TABLE issuance_orders
        ADD COLUMN ca text,
        ADD COLUMN ca_why text CHECK (ca_why IN ('down', 'paused', 'late', 'probe', 'rehearsal')),
        ADD COLUMN rehearsed_at timestamptz`);
    await runner.query(`CREATE INDEX issuance_orders_ca ON issuance_orders (ca) WHERE ${OPEN}`);
    await runner.query(
      `CREATE INDEX issuance_orders_ca_why ON issuance_orders (ca_why, ca) WHERE ${OPEN} AND ca_why IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX issuance_orders_paused ON issuance_orders (ca) WHERE ${OPEN} AND reason_code = 'paused'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE issuance_orders DROP COLUMN ca, DROP COLUMN ca_why, DROP COLUMN rehearsed_at`);
    await runner.query(`DROP TABLE issuance_pauses, issuance_cas`);
  }
}
