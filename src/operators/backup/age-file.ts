import { Decrypter, Encrypter } from 'age-encryption';

import { BackupError } from './domain/backup-error.js';
import { damaged } from './domain/backup-format.js';

type Octets = AsyncIterable<Uint8Array>;

/** scrypt with 2^18 rounds takes about a second and 256 MiB: what `age -p` itself takes. */
const USUAL_WORK_FACTOR = 18;

/** Every file of age begins with it, whoever it is for. */
const INTRODUCTION = Buffer.from('age-encryption.org/v1\n');

/**
 * Encrypts as `age -p` does: in chunks of 64 KiB, each authenticated, the last one marked, so that no octet can be
 * changed and no end cut off without being noticed. `age -d` opens it.
 * @param workFactor base-2 logarithm of scrypt's rounds
 */
export async function encryptOctets(
  plain: Octets,
  passphrase: string,
  workFactor = USUAL_WORK_FACTOR,
): Promise<Octets> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(workFactor);
  return encrypter.encrypt(ReadableStream.from(plain));
}

/**
 * The reverse. Each octet that it gives is authentic, but only when it has ended without an error were they all.
 * @throws BackupError `passphrase` when it is not the file's, `not-a-backup` for another kind of file, `damaged`
 */
export async function decryptOctets(encrypted: Octets, passphrase: string): Promise<Octets> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(ReadableStream.from(introduced(encrypted)));
  } catch (error) {
    throw meaningOf(error as Error);
  }
}

/** Looks at the beginning first: a header is read until its end, and any other file may have none. */
async function* introduced(octets: Octets): AsyncGenerator<Uint8Array, void> {
  let beginning: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of octets) {
    if (!beginning) {
      yield chunk;
      continue;
    }
    beginning = Buffer.concat([beginning, chunk]);
    if (beginning.length < INTRODUCTION.length) continue;
    if (!beginning.subarray(0, INTRODUCTION.length).equals(INTRODUCTION)) throw foreign();
    yield beginning;
    beginning = undefined;
  }
  if (beginning) throw INTRODUCTION.subarray(0, beginning.length).equals(beginning) ? damaged() : foreign();
}

function foreign(): BackupError {
  return new BackupError('not-a-backup', 'The file is no backup of fleetcert: it is not encrypted by age.');
}

function meaningOf(error: Error): Error {
  // Of the file system.
  if (error instanceof BackupError || 'syscall' in error) return error;
  if (!error.message.startsWith('no identity matched')) return damaged(error);
  return new BackupError(
    'passphrase',
    'The passphrase in FLEETCERT_BACKUP_PASSPHRASE is not the one that the backup was made with.',
    { cause: error },
  );
}
