import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Operators1760000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_keys (
        id uuid PRIMARY KEY,
        key_hash bytea NOT NULL UNIQUE,
        role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
        note text,
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        revoked_at timestamptz
      )`);
    // The fleet is counted from these two alone, in their order: a certificate's row with its chain has 2 KiB.
    await runner.query(`
      CREATE INDEX certificates_in_force ON certificates (device_id, created_at DESC)
        INCLUDE (not_before, not_after, renew_at) WHERE revoked_at IS NULL`);
    await runner.query(`
      CREATE INDEX issuance_orders_newest ON issuance_orders (device_id, created_at DESC) INCLUDE (status)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX certificates_in_force, issuance_orders_newest`);
    await runner.query(`DROP TABLE api_keys`);
  }
}
