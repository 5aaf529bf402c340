import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The key that an account at a CA is about to get: there before the CA is asked to take it, so that it is never lost. */
export class AccountKeys1760000000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE acme_accounts
        ADD COLUMN next_key_sealed text,
        ADD COLUMN next_key_spki_sha256 text UNIQUE,
        ADD COLUMN next_key_at timestamptz,
        ADD COLUMN key_changed_at timestamptz,
        ADD CONSTRAINT acme_accounts_next_key_check
          CHECK (num_nulls(next_key_sealed, next_key_spki_sha256, next_key_at) IN (0, 3))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE acme_accounts
        DROP COLUMN next_key_sealed, DROP COLUMN next_key_spki_sha256, DROP COLUMN next_key_at,
        DROP COLUMN key_changed_at`);
  }
}
