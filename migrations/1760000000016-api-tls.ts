import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The API's own name, and the key that all servers present for it. */
export class ApiTls1760000000016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // `server`: not a machine that enrolled, but the API's name, so that its certificate goes the way of all others.
    await runner.query(
      `ALTER TABLE devices ADD COLUMN kind text NOT NULL DEFAULT 'device' CHECK (kind IN ('device', 'server'))`,
    );
    await runner.query(`CREATE INDEX devices_servers ON devices (id) WHERE kind = 'server'`);
    // One row a name, and one key for it, made once by whichever server comes first. device_id is null where no
    // certificate can be had for the name (an address, a name in no zone of ours). The CSR is kept as well: the same CSR
    // again is the same order, whichever server asks. Retired: no server has had the name for a day.
    await runner.query(`
      CREATE TABLE api_tls (
        name text PRIMARY KEY,
        device_id uuid REFERENCES devices (id),
        key_sealed text NOT NULL,
        spki_sha256 text NOT NULL,
        csr_der bytea NOT NULL,
        self_signed_pem text NOT NULL,
        made_at timestamptz NOT NULL,
        retired_at timestamptz
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE api_tls`);
    await runner.query(`ALTER TABLE devices DROP COLUMN kind`);
  }
}
