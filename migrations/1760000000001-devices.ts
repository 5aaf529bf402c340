import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Devices1760000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE enrollment_keys (
        id uuid PRIMARY KEY,
        key_hash bytea NOT NULL UNIQUE,
        zone text NOT NULL,
        group_name text,
        note text,
        max_uses integer CHECK (max_uses > 0),
        uses integer NOT NULL DEFAULT 0,
        expires_at timestamptz,
        created_at timestamptz NOT NULL,
        revoked_at timestamptz,
        CHECK (max_uses IS NULL OR uses <= max_uses)
      )`);
    // A deleted device's row stays: its name is in CT logs and must never be given to another device.
    await runner.query(`
      CREATE TABLE devices (
        id uuid PRIMARY KEY,
        label text NOT NULL,
        zone text NOT NULL,
        name text NOT NULL UNIQUE,
        state text NOT NULL CHECK (state IN ('active', 'suspended', 'deleted')),
        hardware_id text,
        addresses text[] NOT NULL,
        wildcard boolean NOT NULL DEFAULT false,
        aliases text[] NOT NULL DEFAULT '{}',
        group_name text,
        note text,
        enrollment_key_id uuid REFERENCES enrollment_keys (id),
        enrolled_at timestamptz NOT NULL,
        addresses_changed_at timestamptz,
        last_seen_at timestamptz,
        suspended_at timestamptz,
        deleted_at timestamptz,
        revoke_certificates boolean NOT NULL DEFAULT false CHECK (state = 'deleted' OR NOT revoke_certificates),
        clone_suspected_at timestamptz
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX devices_hardware_id ON devices (hardware_id) WHERE hardware_id IS NOT NULL AND state <> 'deleted'`,
    );
    await runner.query(`CREATE INDEX devices_listing ON devices (enrolled_at, id) WHERE state <> 'deleted'`);
    await runner.query(`
      CREATE TABLE device_tokens (
        token_hash bytea PRIMARY KEY,
        device_id uuid NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        first_used_at timestamptz
      )`);
    await runner.query(`CREATE INDEX device_tokens_device ON device_tokens (device_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE device_tokens, devices, enrollment_keys`);
  }
}
