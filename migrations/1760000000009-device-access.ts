import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Credentials of existing clients, each for one device and one door. The secret itself is the door's to keep. */
export class DeviceAccess1760000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE device_access (
        id uuid PRIMARY KEY,
        device_id uuid NOT NULL REFERENCES devices (id),
        door text NOT NULL CHECK (door IN ('rfc2136')),
        credential_name text NOT NULL,
        types text[] NOT NULL,
        created_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX device_access_device ON device_access (device_id, created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE device_access`);
  }
}
