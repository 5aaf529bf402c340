import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The servers that answer DNS from this database, and the serials of the zones in their memory. */
export class DnsServers1760000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // seen_at: by the database's clock. A row that is not renewed is a server that is gone.
    await runner.query(`
      CREATE TABLE dns_servers (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        serials jsonb NOT NULL,
        seen_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE dns_servers`);
  }
}
