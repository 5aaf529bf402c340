import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions of the dashboard, and the addresses that devices had before. */
export class Dashboard1760000000014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE dashboard_sessions (
        token_hash bytea PRIMARY KEY,
        operator_id text NOT NULL,
        fingerprint text NOT NULL,
        client_address text,
        user_agent text,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX dashboard_sessions_operator ON dashboard_sessions (operator_id, created_at)`);
    await runner.query(`CREATE INDEX dashboard_sessions_expiry ON dashboard_sessions (expires_at)`);

    // The last 50 address sets of a device, in a ring: an old one is written over, so that nothing has to be swept. A
    // trigger keeps them, in the statement that changes the addresses and with no round trip of its own. No foreign
    // key: devices are never deleted but marked, and their history goes with that.
    await runner.query(`
      CREATE TABLE device_address_history (
        device_id uuid NOT NULL,
        slot integer NOT NULL CHECK (slot BETWEEN 0 AND 49),
        addresses text[] NOT NULL,
        since timestamptz NOT NULL,
        until timestamptz NOT NULL,
        PRIMARY KEY (device_id, slot)
      )`);
    await runner.query(`ALTER TABLE devices ADD COLUMN address_changes integer NOT NULL DEFAULT 0`);
    await runner.query(`
      CREATE FUNCTION keep_address_history() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.state = 'deleted' THEN
          DELETE FROM device_address_history WHERE device_id = NEW.id;
          RETURN NEW;
        END IF;
        INSERT INTO device_address_history AS kept (device_id, slot, addresses, since, until)
        VALUES (NEW.id, OLD.address_changes % 50, OLD.addresses, coalesce(OLD.addresses_changed_at, OLD.enrolled_at),
                coalesce(NEW.addresses_changed_at, now()))
        ON CONFLICT (device_id, slot)
          DO UPDATE SET addresses = excluded.addresses, since = excluded.since, until = excluded.until;
        NEW.address_changes := OLD.address_changes + 1;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER devices_address_history BEFORE UPDATE OF addresses ON devices
        FOR EACH ROW WHEN (OLD.addresses IS DISTINCT FROM NEW.addresses) EXECUTE FUNCTION keep_address_history()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER devices_address_history ON devices`);
    await runner.query(`DROP FUNCTION keep_address_history`);
    await runner.query(`ALTER TABLE devices DROP COLUMN address_changes`);
    await runner.query(`DROP TABLE device_address_history, dashboard_sessions`);
  }
}
