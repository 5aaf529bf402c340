import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets statements go out together with what they are made from: see src/ddns/store/presumed-rows.ts. */
export class Presumptions1760000000019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION presume(holds boolean) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        IF holds IS NOT TRUE THEN
          RAISE EXCEPTION USING ERRCODE = 'PF001',
            MESSAGE = 'fleetcert: a row is not what this server remembers',
            HINT = 'This is expected now and then. The transaction is made again from what the rows hold.';
        END IF;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION presume`);
  }
}
