import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a change of a device's addresses was last told of: its events need not be read for each change. */
export class AddressesTold1760000000018 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE devices ADD COLUMN addresses_told_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE devices DROP COLUMN addresses_told_at`);
  }
}
