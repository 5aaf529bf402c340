import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may transfer a zone or update it: TSIG keys and secondaries. */
export class ZonePeers1760000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Every change takes the next revision, under this row's lock: so revisions become visible in their order, and a
    // server that has seen one only has to read the rows after it.
    await runner.query(`
      CREATE TABLE zone_peers_revision (
        single_row boolean PRIMARY KEY DEFAULT true CHECK (single_row),
        revision bigint NOT NULL
      )`);
    await runner.query(`INSERT INTO zone_peers_revision (revision) VALUES (0)`);
    // A deleted key's row stays for a while, so that servers that hold the key learn of it; its secret does not.
    await runner.query(`
      CREATE TABLE tsig_keys (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        zone text NOT NULL,
        algorithm text NOT NULL CHECK (algorithm IN ('hmac-sha256', 'hmac-sha384', 'hmac-sha512')),
        use text NOT NULL CHECK (use IN ('transfer', 'update')),
        sealed_secret text,
        device_id uuid REFERENCES devices (id),
        device_name text,
        types text[],
        created_at timestamptz NOT NULL,
        deleted_at timestamptz,
        revision bigint NOT NULL,
        CHECK ((sealed_secret IS NULL) = (deleted_at IS NOT NULL)),
        CHECK ((use = 'update') = (device_id IS NOT NULL AND device_name IS NOT NULL AND types IS NOT NULL))
      )`);
    await runner.query(`CREATE UNIQUE INDEX tsig_keys_name ON tsig_keys (name) WHERE deleted_at IS NULL`);
    await runner.query(`CREATE INDEX tsig_keys_revision ON tsig_keys (revision)`);
    await runner.query(`CREATE INDEX tsig_keys_device ON tsig_keys (device_id) WHERE deleted_at IS NULL`);
    await runner.query(`
      CREATE TABLE secondaries (
        id uuid PRIMARY KEY,
        zone text NOT NULL,
        address text NOT NULL,
        port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
        tsig_key_id uuid REFERENCES tsig_keys (id),
        created_at timestamptz NOT NULL,
        UNIQUE (zone, address, port)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE secondaries, tsig_keys, zone_peers_revision`);
  }
}
