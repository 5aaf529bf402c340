import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Zones1760000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The row of a zone is also its lock: who changes the zone holds it, so that serials and journal rows come in order.
    // ip_names: the FLEETCERT_IP_NAMES that the devices' records were last made for.
    await runner.query(`
      CREATE TABLE zones (
        name text COLLATE "C" PRIMARY KEY,
        serial bigint NOT NULL CHECK (serial BETWEEN 0 AND 4294967295),
        ip_names text,
        created_at timestamptz NOT NULL DEFAULT now(),
        changed_at timestamptz NOT NULL DEFAULT now()
      )`);
    // Values and their owners side by side. No foreign key to zones: it would take a lock a row for nothing, since
    // every writer holds the zone's row. The SOA's serial is 0 here; the true one is in zones.
    await runner.query(`
      CREATE TABLE rrsets (
        zone text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        type integer NOT NULL CHECK (type BETWEEN 1 AND 65535),
        ttl bigint NOT NULL CHECK (ttl BETWEEN 0 AND 2147483647),
        rdata bytea[] NOT NULL CHECK (cardinality(rdata) > 0),
        owners text[] NOT NULL,
        PRIMARY KEY (zone, name, type),
        CHECK (cardinality(owners) = cardinality(rdata))
      )`);
    // All names at or below one: those whose reversed text begins with its reversed text and a dot.
    await runner.query(`CREATE INDEX rrsets_below ON rrsets (zone, (reverse(name) || '.'))`);
    // The few records of ours: the apex and the glue.
    await runner.query(`CREATE INDEX rrsets_system ON rrsets (zone, name) WHERE owners[1] = 'system'`);
    // What operators have set; behind the CA's values, where a set has both.
    await runner.query(`CREATE INDEX rrsets_fixed ON rrsets (zone, name) WHERE owners[cardinality(owners)] = 'fixed'`);
    // What an order has published. TXT records are few and short-lived; devices' addresses are not in this index.
    await runner.query(`CREATE INDEX rrsets_txt_owners ON rrsets USING gin (owners) WHERE type = 16`);
    await runner.query(`
      CREATE TABLE zone_journal (
        zone text COLLATE "C" NOT NULL,
        id bigint GENERATED ALWAYS AS IDENTITY,
        serial_from bigint NOT NULL,
        serial bigint NOT NULL,
        changes jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (zone, id),
        UNIQUE (zone, serial_from)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE zone_journal, rrsets, zones`);
  }
}
