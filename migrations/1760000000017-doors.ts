import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Doors whose clients come with a user name (the row's id) and a password, of which the hash is kept here. */
export class Doors1760000000017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE device_access
        DROP CONSTRAINT device_access_door_check,
        ADD COLUMN secret_hash bytea,
        ADD COLUMN subdomain uuid UNIQUE,
        ADD COLUMN allow_from text[] NOT NULL DEFAULT '{}',
        ADD CONSTRAINT device_access_door_check CHECK (door IN ('rfc2136', 'acme-dns', 'httpreq', 'dyndns2')),
        ADD CONSTRAINT device_access_secret_check CHECK ((door = 'rfc2136') = (secret_hash IS NULL))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM device_access WHERE door <> 'rfc2136'`);
    await runner.query(`
      ALTER TABLE device_access
        DROP CONSTRAINT device_access_door_check,
        DROP CONSTRAINT device_access_secret_check,
        DROP COLUMN secret_hash,
        DROP COLUMN subdomain,
        DROP COLUMN allow_from,
        ADD CONSTRAINT device_access_door_check CHECK (door IN ('rfc2136'))`);
  }
}
