/**
 * Why a backup or a restore cannot be done: `not-a-backup` and `damaged` are about the file, `newer` and `passphrase`
 * are about its reader, `not-empty` and `nothing-there` about the database.
 */
export type BackupErrorKind = 'not-a-backup' | 'damaged' | 'newer' | 'passphrase' | 'not-empty' | 'nothing-there';

/** The message is a sentence for a person, and holds no secret. */
export class BackupError extends Error {
  override readonly name = 'BackupError';

  constructor(
    readonly kind: BackupErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
