import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Reads a secret from `directory/name`, or makes it there once, mode 0600. Two processes that start at once get the
 * same one: the file appears whole, by link(2), and the second maker reads the first one's.
 */
export async function readOrMakeSecretFile(
  directory: string,
  name: string,
  make: (random: (octets: number) => Buffer) => string,
): Promise<{ readonly secret: string; readonly path: string; readonly made: boolean }> {
  const path = join(directory, name);
  const existing = await readIfThere(path);
  if (existing !== undefined) return { secret: existing, path, made: false };

  await mkdir(directory, { recursive: true });
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${make(randomBytes)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  let made = true;
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    made = false;
  } finally {
    await unlink(temporary);
  }
  const secret = await readIfThere(path);
  if (secret === undefined) throw new Error(`${path} is empty: remove it, and it is made anew.`);
  return { secret, path, made };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
