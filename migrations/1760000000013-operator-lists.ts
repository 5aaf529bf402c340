import type { MigrationInterface, QueryRunner } from 'typeorm';

const OPEN = `status IN ('queued', 'issuing', 'deferred')`;

/** What operators' lists of a large fleet are read from, aliases of devices, bulk actions, and an order's request. */
export class OperatorLists1760000000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.#facts(runner);
    await this.#search(runner);
    await this.#listIndexes(runner);
    await runner.query(`ALTER TABLE issuance_orders ADD COLUMN request_id text`);

    // Every alias that a device has or had. A row goes over to another device only under the rules of devices/aliases.
    await runner.query(`
      CREATE TABLE device_aliases (
        name text PRIMARY KEY,
        device_id uuid NOT NULL REFERENCES devices (id),
        assigned_at timestamptz NOT NULL,
        removed_at timestamptz
      )`);
    await runner.query(`CREATE INDEX device_aliases_device ON device_aliases (device_id)`);

    await runner.query(`
      CREATE TABLE bulk_jobs (
        id uuid PRIMARY KEY,
        action text NOT NULL,
        parameters jsonb NOT NULL,
        filter jsonb NOT NULL,
        state text NOT NULL CHECK (state IN ('running', 'done', 'cancelled')),
        total integer NOT NULL,
        counts jsonb,
        operator_id text NOT NULL,
        role text NOT NULL,
        client_address text,
        request_id text,
        created_at timestamptz NOT NULL,
        lease_expires_at timestamptz,
        ended_at timestamptz,
        CHECK ((state = 'running') = (ended_at IS NULL))
      )`);
    await runner.query(`CREATE INDEX bulk_jobs_listing ON bulk_jobs (created_at, id)`);
    await runner.query(`CREATE INDEX bulk_jobs_running ON bulk_jobs (created_at) WHERE state = 'running'`);
    // The devices that the filter matched when the job was made, with what became of each.
    await runner.query(`
      CREATE TABLE bulk_job_items (
        job_id uuid NOT NULL REFERENCES bulk_jobs (id) ON DELETE CASCADE,
        position integer NOT NULL,
        device_id uuid NOT NULL,
        name text NOT NULL,
        outcome text CHECK (outcome IN ('done', 'unchanged', 'failed', 'cancelled')),
        detail text,
        PRIMARY KEY (job_id, position)
      )`);
    await runner.query(`CREATE INDEX bulk_job_items_open ON bulk_job_items (job_id, position) WHERE outcome IS NULL`);
    await runner.query(`CREATE INDEX bulk_job_items_outcome ON bulk_job_items (job_id, outcome)`);
  }

  /**
   * One narrow row a device that is there, kept by triggers: what lists filter and sort by, and what the fleet is
   * counted by. The tables themselves have rows of kilobytes, and the state of a device is spread over three of them.
   */
  async #facts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE device_facts (
        device_id uuid PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
        enrolled_at timestamptz NOT NULL,
        state text NOT NULL,
        zone text NOT NULL,
        name text COLLATE "C" NOT NULL,
        group_name text,
        seen_at timestamptz NOT NULL,
        not_before timestamptz,
        not_after timestamptz,
        renew_at timestamptz,
        has_failed boolean NOT NULL DEFAULT false,
        search text NOT NULL
      )`);
    // Words in lines of their own, so that no search finds the end of one and the beginning of the next.
    await runner.query(`
      CREATE FUNCTION note_device_facts() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.state = 'deleted' THEN
          DELETE FROM device_facts WHERE device_id = NEW.id;
        ELSE
          INSERT INTO device_facts (device_id, enrolled_at, state, zone, name, group_name, seen_at, search)
            VALUES (NEW.id, NEW.enrolled_at, NEW.state, NEW.zone, NEW.name, NEW.group_name, coalesce(NEW.last_seen_at, NEW.enrolled_at),
                    lower(concat_ws(chr(10), NEW.name, NEW.hardware_id, NEW.group_name, NEW.note, array_to_string(NEW.aliases, chr(10)))))
          ON CONFLICT (device_id) DO UPDATE SET enrolled_at = excluded.enrolled_at, state = excluded.state,
            zone = excluded.zone, name = excluded.name, group_name = excluded.group_name, search = excluded.search;
        END IF;
        -- One that comes back brings what it had.
        IF TG_OP = 'UPDATE' THEN
          IF OLD.state = 'deleted' AND NEW.state <> 'deleted' THEN
            UPDATE device_facts f SET not_before = c.not_before, not_after = c.not_after, renew_at = c.renew_at
              FROM (SELECT not_before, not_after, renew_at, revoked_at FROM certificates
                     WHERE device_id = NEW.id ORDER BY created_at DESC, id LIMIT 1) c
             WHERE f.device_id = NEW.id AND c.revoked_at IS NULL;
            UPDATE device_facts f SET has_failed = true
             WHERE f.device_id = NEW.id
               AND 'failed' = (SELECT o.status FROM issuance_orders o
                                WHERE o.device_id = NEW.id ORDER BY o.created_at DESC, o.id LIMIT 1);
          END IF;
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER devices_facts
        AFTER INSERT OR UPDATE OF state, zone, name, hardware_id, group_name, note, aliases, enrolled_at ON devices
        FOR EACH ROW EXECUTE FUNCTION note_device_facts()`);

    // By itself, since it changes all the time: no index of device_facts has it, so that such a change touches none.
    await runner.query(`
      CREATE FUNCTION note_device_seen() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE device_facts SET seen_at = NEW.last_seen_at WHERE device_id = NEW.id;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER devices_seen_facts AFTER UPDATE OF last_seen_at ON devices FOR EACH ROW
        WHEN (NEW.last_seen_at IS NOT NULL AND OLD.last_seen_at IS DISTINCT FROM NEW.last_seen_at)
        EXECUTE FUNCTION note_device_seen()`);

    // The row is locked before the newest certificate is looked for: of two changes at once the second sees the first.
    await runner.query(`
      CREATE FUNCTION note_certificate_facts() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM 1 FROM device_facts WHERE device_id = NEW.device_id FOR UPDATE;
        IF NOT FOUND THEN RETURN NULL; END IF;
        UPDATE device_facts f
           SET not_before = CASE WHEN c.revoked_at IS NULL THEN c.not_before END,
               not_after = CASE WHEN c.revoked_at IS NULL THEN c.not_after END,
               renew_at = CASE WHEN c.revoked_at IS NULL THEN c.renew_at END
          FROM (SELECT not_before, not_after, renew_at, revoked_at FROM certificates
                 WHERE device_id = NEW.device_id ORDER BY created_at DESC, id LIMIT 1) c
         WHERE f.device_id = NEW.device_id;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER certificates_facts AFTER INSERT ON certificates
        FOR EACH ROW EXECUTE FUNCTION note_certificate_facts()`);
    await runner.query(`
      CREATE TRIGGER certificates_changed_facts
        AFTER UPDATE OF not_before, not_after, renew_at, revoked_at, created_at ON certificates FOR EACH ROW
        WHEN ((OLD.not_before, OLD.not_after, OLD.renew_at, OLD.revoked_at, OLD.created_at)
              IS DISTINCT FROM (NEW.not_before, NEW.not_after, NEW.renew_at, NEW.revoked_at, NEW.created_at))
        EXECUTE FUNCTION note_certificate_facts()`);

    // A device has one open order at most, so its orders never change at the same time.
    await runner.query(`
      CREATE FUNCTION note_order_facts() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE device_facts f SET has_failed = NOT f.has_failed
         WHERE f.device_id = NEW.device_id
           AND f.has_failed <> (SELECT o.status = 'failed' FROM issuance_orders o
                                 WHERE o.device_id = NEW.device_id ORDER BY o.created_at DESC, o.id LIMIT 1);
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER issuance_orders_facts AFTER INSERT ON issuance_orders
        FOR EACH ROW EXECUTE FUNCTION note_order_facts()`);
    await runner.query(`
      CREATE TRIGGER issuance_orders_changed_facts AFTER UPDATE OF status ON issuance_orders FOR EACH ROW
        WHEN ((OLD.status = 'failed') <> (NEW.status = 'failed'))
        EXECUTE FUNCTION note_order_facts()`);

    await runner.query(`
      INSERT INTO device_facts (device_id, enrolled_at, state, zone, name, group_name, seen_at, not_before, not_after, renew_at, has_failed, search)
      SELECT d.id, d.enrolled_at, d.state, d.zone, d.name, d.group_name, coalesce(d.last_seen_at, d.enrolled_at), c.not_before, c.not_after, c.renew_at,
             coalesce(o.status = 'failed', false),
             lower(concat_ws(chr(10), d.name, d.hardware_id, d.group_name, d.note, array_to_string(d.aliases, chr(10))))
        FROM devices d
        LEFT JOIN LATERAL (SELECT * FROM (SELECT not_before, not_after, renew_at, revoked_at FROM certificates
                            WHERE device_id = d.id ORDER BY created_at DESC, id LIMIT 1) newest WHERE revoked_at IS NULL) c ON true
        LEFT JOIN LATERAL (SELECT status FROM issuance_orders
                            WHERE device_id = d.id ORDER BY created_at DESC, id LIMIT 1) o ON true
       WHERE d.state <> 'deleted'`);
    await runner.query(`CREATE INDEX device_facts_listing ON device_facts (enrolled_at, device_id)`);
    await runner.query(`CREATE INDEX device_facts_name ON device_facts (name, device_id)`);
    await runner.query(`CREATE INDEX device_facts_group ON device_facts (group_name, enrolled_at, device_id)`);
    await runner.query(
      `CREATE INDEX device_facts_expiry ON device_facts ((coalesce(not_after, TIMESTAMPTZ 'infinity')), device_id)`,
    );
    await runner.query(`CREATE INDEX device_facts_failed ON device_facts (enrolled_at, device_id) WHERE has_failed`);
    await runner.query(
      `CREATE INDEX devices_clone_suspected ON devices (id) WHERE clone_suspected_at IS NOT NULL AND state <> 'deleted'`,
    );
  }

  /** Three letters in a row find a device by an index. Where the extension is not to be had, the same search reads all facts. */
  async #search(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$ BEGIN
        IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
          CREATE EXTENSION IF NOT EXISTS pg_trgm;
          CREATE INDEX device_facts_search ON device_facts USING gin (search gin_trgm_ops);
        END IF;
      EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
        RAISE NOTICE 'searches go without pg_trgm: %', SQLERRM;
      END $$`);
  }

  async #listIndexes(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX issuance_orders_open_listing ON issuance_orders (created_at, id) WHERE ${OPEN}`);
    await runner.query(`CREATE INDEX issuance_orders_open_queue ON issuance_orders (queued_at, id) WHERE ${OPEN}`);
    await runner.query(
      `CREATE INDEX issuance_orders_open_reason ON issuance_orders (reason_code, created_at, id) WHERE ${OPEN}`,
    );
    await runner.query(`CREATE INDEX issuance_orders_status ON issuance_orders (status, reason_code, created_at, id)`);
    await runner.query(
      `CREATE INDEX issuance_orders_failed_listing ON issuance_orders (created_at, id) WHERE status = 'failed'`,
    );
    await runner.query(
      `CREATE INDEX devices_last_seen ON devices ((coalesce(last_seen_at, enrolled_at)), id) WHERE state <> 'deleted'`,
    );
    await runner.query(`CREATE INDEX devices_group ON devices (group_name) WHERE group_name IS NOT NULL`);
    await runner.query(`CREATE INDEX certificates_created ON certificates (created_at)`);
    await runner.query(`CREATE INDEX events_severity ON events (severity, id DESC) WHERE severity <> 'info'`);
    await runner.query(`CREATE INDEX audit_log_operator ON audit_log (operator_id, id DESC)`);
    await runner.query(`CREATE INDEX audit_log_at ON audit_log (at)`);
    await runner.query(`CREATE INDEX webhook_deliveries_listing ON webhook_deliveries (webhook_id, id DESC)`);
    await runner.query(
      `CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (webhook_id, id DESC) WHERE state = 'dead'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE bulk_job_items, bulk_jobs, device_aliases`);
    await runner.query(`DROP INDEX webhook_deliveries_dead, webhook_deliveries_listing, audit_log_at, audit_log_operator,
      events_severity, certificates_created, devices_group, devices_last_seen, issuance_orders_failed_listing, issuance_orders_status, issuance_orders_open_reason,
      issuance_orders_open_queue, issuance_orders_open_listing, devices_clone_suspected`);
    await runner.query(`ALTER TABLE issuance_orders DROP COLUMN request_id`);
    await runner.query(`DROP TRIGGER issuance_orders_changed_facts ON issuance_orders`);
    await runner.query(`DROP TRIGGER issuance_orders_facts ON issuance_orders`);
    await runner.query(`DROP TRIGGER certificates_changed_facts ON certificates`);
    await runner.query(`DROP TRIGGER certificates_facts ON certificates`);
    await runner.query(`DROP TRIGGER devices_seen_facts ON devices`);
    await runner.query(`DROP TRIGGER devices_facts ON devices`);
    await runner.query(`DROP FUNCTION note_order_facts, note_certificate_facts, note_device_seen, note_device_facts`);
    await runner.query(`DROP TABLE device_facts`);
  }
}
