import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events, alarms, what is sent out of them, and the audit log. */
export class Events1760000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // id is given at commit, one transaction after the other, by the trigger below: ids become visible in their order,
    // and "everything after id 17" misses nothing. A transaction's row locks are all taken by then, so waiting for the
    // advisory lock cannot end in a deadlock.
    await runner.query(`
      CREATE TABLE events (
        key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id bigint UNIQUE,
        type text NOT NULL,
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
        subject_kind text NOT NULL,
        subject_id text NOT NULL,
        subject_name text,
        message text NOT NULL,
        data jsonb NOT NULL,
        created_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE SEQUENCE events_id OWNED BY events.id`);
    await runner.query(`CREATE INDEX events_subject ON events (subject_kind, subject_id, id DESC)`);
    await runner.query(`CREATE INDEX events_type ON events (type, id DESC)`);
    await runner.query(`CREATE INDEX events_created ON events (created_at)`);
    await runner.query(`
      CREATE FUNCTION number_event() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(1760000000, 8);
        UPDATE events SET id = nextval('events_id') WHERE key = NEW.key;
        PERFORM pg_notify('fleetcert_events', '');
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER events_numbered AFTER INSERT ON events
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION number_event()`);

    // Which server does a periodic job: one conditional UPDATE of due_at decides.
    await runner.query(`
      CREATE TABLE periodic_jobs (
        name text PRIMARY KEY,
        due_at timestamptz NOT NULL
      )`);

    // What is wrong at this moment. A row is made when it is first observed, and goes when it is over.
    await runner.query(`
      CREATE TABLE alarms (
        kind text NOT NULL,
        subject_id text NOT NULL,
        subject_kind text NOT NULL,
        subject_name text,
        scope text NOT NULL,
        message text NOT NULL,
        data jsonb NOT NULL,
        observed_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        raised_at timestamptz,
        PRIMARY KEY (kind, subject_id)
      )`);
    await runner.query(`CREATE INDEX alarms_scope ON alarms (scope)`);

    // How far events have been turned into deliveries.
    await runner.query(`
      CREATE TABLE event_cursors (
        name text PRIMARY KEY,
        event_id bigint NOT NULL,
        moved_at timestamptz NOT NULL
      )`);
    await runner.query(
      `INSERT INTO event_cursors VALUES ('webhooks', 0, now()), ('mail', 0, now() - interval '1 hour')`,
    );
    await runner.query(`
      CREATE TABLE webhooks (
        id uuid PRIMARY KEY,
        url text NOT NULL,
        events text[] NOT NULL CHECK (cardinality(events) > 0),
        include_chain boolean NOT NULL,
        sealed_secret text NOT NULL,
        after_event_id bigint NOT NULL,
        created_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE webhook_deliveries (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        webhook_id uuid NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
        event_id bigint NOT NULL REFERENCES events (id) ON DELETE CASCADE,
        state text NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL,
        last_status integer,
        last_error text,
        created_at timestamptz NOT NULL,
        ended_at timestamptz,
        UNIQUE (webhook_id, event_id)
      )`);
    await runner.query(
      `CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at) WHERE state = 'pending'`,
    );
    await runner.query(`CREATE INDEX webhook_deliveries_event ON webhook_deliveries (event_id)`);
    await runner.query(`
      CREATE TABLE mail_messages (
        id uuid PRIMARY KEY,
        subject text NOT NULL,
        body text NOT NULL,
        state text NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL,
        last_error text,
        created_at timestamptz NOT NULL,
        ended_at timestamptz
      )`);
    await runner.query(`CREATE INDEX mail_messages_due ON mail_messages (next_attempt_at) WHERE state = 'pending'`);

    await runner.query(`
      CREATE TABLE audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL,
        operator_id text NOT NULL,
        role text NOT NULL,
        action text NOT NULL,
        target text,
        details jsonb NOT NULL,
        client_address text,
        request_id text,
        status integer NOT NULL,
        outcome text NOT NULL
      )`);
    await runner.query(`
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the audit log is append-only';
      END $$`);
    await runner.query(`
      CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE audit_log, mail_messages, webhook_deliveries, webhooks, event_cursors, alarms, periodic_jobs, events`,
    );
    await runner.query(`DROP FUNCTION refuse_audit_change, number_event`);
  }
}
