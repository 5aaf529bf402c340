import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The CA's rate limits, what the planner keeps between its steps, and ARI. */
export class Limits1760000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Of one CA (its directory URL). `tat` is in milliseconds since the epoch; a bucket without a row is full.
    await runner.query(`
      CREATE TABLE issuance_buckets (
        ca text NOT NULL,
        key text NOT NULL,
        tat double precision NOT NULL DEFAULT 0,
        reserved integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
        PRIMARY KEY (ca, key)
      )`);
    // One row a CA: its lock makes one server plan at a time. `shares` is who was served how much (fair-shares.ts).
    await runner.query(`
      CREATE TABLE issuance_planner (
        ca text PRIMARY KEY,
        shares jsonb NOT NULL DEFAULT '[]'
      )`);

    await runner.query(`
      ALTER TABLE issuance_orders
        ADD COLUMN registered_domains text[],
        ADD COLUMN exact_set text,
        ADD COLUMN manual boolean NOT NULL DEFAULT false,
        ADD COLUMN share text CHECK (share IN ('standing', 'manual', 'new')),
        ADD COLUMN reservations jsonb,
        ADD COLUMN renew_while_away boolean NOT NULL DEFAULT true`);
    await runner.query(`CREATE INDEX issuance_orders_reserved ON issuance_orders (id) WHERE reservations IS NOT NULL`);
    await runner.query(`CREATE INDEX issuance_orders_listing ON issuance_orders (created_at, id)`);

    await runner.query(`
      ALTER TABLE certificates
        ADD COLUMN ari_window_start timestamptz,
        ADD COLUMN ari_window_end timestamptz,
        ADD COLUMN ari_renew_at timestamptz,
        ADD COLUMN ari_revoked boolean NOT NULL DEFAULT false,
        ADD COLUMN ari_explanation_url text,
        ADD COLUMN ari_poll_at timestamptz,
        ADD COLUMN ari_faults integer NOT NULL DEFAULT 0,
        ADD COLUMN lapsed_at timestamptz`);
    await runner.query(
      `CREATE INDEX certificates_ari_poll ON certificates (ari_poll_at) WHERE ari_poll_at IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX certificates_renewal ON certificates (renew_at) WHERE revoked_at IS NULL AND lapsed_at IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE certificates
        DROP COLUMN ari_window_start, DROP COLUMN ari_window_end, DROP COLUMN ari_renew_at, DROP COLUMN ari_revoked,
        DROP COLUMN ari_explanation_url, DROP COLUMN ari_poll_at, DROP COLUMN ari_faults, DROP COLUMN lapsed_at`);
    await runner.query(`DROP INDEX issuance_orders_listing`);
    await runner.query(`
      ALTER TABLE issuance_orders
        DROP COLUMN registered_domains, DROP COLUMN exact_set, DROP COLUMN manual, DROP COLUMN share,
        DROP COLUMN reservations, DROP COLUMN renew_while_away`);
    await runner.query(`DROP TABLE issuance_planner, issuance_buckets`);
  }
}
