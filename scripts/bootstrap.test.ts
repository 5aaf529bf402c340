import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Plays npm: notes how it was called, and installs what the lock file asks for. Fails as often as `fail` says. */
const FAKE_NPM = `
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
const failures = existsSync('fail') ? Number(readFileSync('fail', 'utf8')) : 0;
if (failures > 0) { writeFileSync('fail', String(failures - 1)); process.exit(1); }
rmSync('node_modules', { recursive: true, force: true });
cpSync('fixtures', 'node_modules', { recursive: true });
mkdirSync('node_modules/.bin');
symlinkSync(process.execPath, 'node_modules/.bin/node');
cpSync('package-lock.json', 'node_modules/.package-lock.json');
`;

/** Plays \`nest build\`. */
const FAKE_NEST = `
const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('nest-calls', process.argv.slice(2).join(' ') + '\\n');
if (require('node:fs').existsSync('src/broken.ts')) process.exit(1);
for (const folder of ['dist/src', 'dist/migrations']) mkdirSync(folder, { recursive: true });
writeFileSync('dist/src/main.js', '');
writeFileSync('dist/migrations/index.js', '');
`;

let clone: string;

beforeEach(() => {
  clone = realpathSync(mkdtempSync(join(tmpdir(), 'fleetcert-bootstrap-')));
  mkdirSync(join(clone, 'scripts'));
  cpSync('scripts/bootstrap.mjs', join(clone, 'scripts', 'bootstrap.mjs'));
  write('fake/npm-cli.mjs', FAKE_NPM);
  cpSync(join(clone, 'fake', 'npm-cli.mjs'), join(clone, 'fake', 'npm-cli.js'));
  write('fake/package.json', '{"type":"module"}');
  write('fixtures/@nestjs/cli/bin/nest.js', FAKE_NEST);
  write('src/main.ts', 'export {};');
  write('src/main.test.ts', 'export {};');
  write('migrations/index.ts', 'export {};');
  write('package-lock.json', lock('1.0.0'));
});

afterEach(() => rmSync(clone, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(join(clone, path, '..'), { recursive: true });
  writeFileSync(join(clone, path), content);
}

const lock = (version: string): string =>
  JSON.stringify({ packages: { '': {}, 'node_modules/left-pad': { version } } });

const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  NODE_ENV: 'production',
  npm_execpath: join(clone, 'fake', 'npm-cli.js'),
  npm_node_execpath: process.execPath,
});

function bootstrap(...options: string[]): SpawnSyncReturns<string> {
  const script = [join(clone, 'scripts', 'bootstrap.mjs'), ...options];
  return spawnSync(process.execPath, script, { encoding: 'utf8', env: environment(), cwd: '/' });
}

function calls(of: 'npm' | 'nest'): string[] {
  const file = join(clone, `${of}-calls`);
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

describe('the bootstrap', () => {
  it('installs and builds a fresh clone, and has nothing to do the second time', () => {
    expect(bootstrap('--build')).toMatchObject({ status: 0 });
    expect(bootstrap('--build')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(calls('npm')).toHaveLength(1);
    expect(calls('nest')).toEqual(['build']);
  });

  it('installs what tests and builds need, whatever npm is configured to leave out', () => {
    bootstrap();
    expect(calls('npm')[0]).toMatch(/^ci --include=dev --include=optional --engine-strict=false --ignore-scripts /);
    expect(calls('nest')).toEqual([]);
  });

  it('installs again when the lock file has changed', () => {
    bootstrap();
    write('package-lock.json', lock('1.0.1'));
    bootstrap();
    expect(calls('npm')).toHaveLength(2);
  });

  it('takes an installation made by hand for what it is', () => {
    write('node_modules/.package-lock.json', lock('1.0.0'));
    expect(bootstrap()).toMatchObject({ status: 0 });
    expect(calls('npm')).toEqual([]);
    rmSync(join(clone, 'node_modules'), { recursive: true });
    write('node_modules/.package-lock.json', lock('0.9.0'));
    bootstrap();
    expect(calls('npm')).toHaveLength(1);
  });

  it('installs again when an installation was cut off', () => {
    write('node_modules/left-pad/package.json', '{"version":"1.0.0"}');
    bootstrap();
    expect(calls('npm')).toHaveLength(1);
  });

  it('takes npm install where npm ci refuses, without changing the lock file', () => {
    write('fail', '1');
    expect(bootstrap()).toMatchObject({ status: 0 });
    expect(calls('npm').map((call) => call.split(' ').slice(0, 2))).toEqual([
      ['ci', '--include=dev'],
      ['install', '--no-save'],
    ]);
  });

  it('says what to look at when npm fails', () => {
    write('fail', '2');
    const { status, stderr } = bootstrap('--build');
    expect(status).toBe(1);
    expect(stderr).toContain('npm could not install the dependencies (exit code 1)');
    expect(stderr).toContain('Run "npm ci" there');
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    ['a source', 'src/deep/new.ts', 2],
    ['a migration', 'migrations/index.ts', 2],
    ['the compiler settings', 'tsconfig.json', 2],
    ['a unit test', 'src/main.test.ts', 1],
    ['what is not built', 'README.md', 1],
  ])('after a change of %s builds as often as needed', (_title, path, builds) => {
    bootstrap('--build');
    write(path, '// changed');
    bootstrap('--build');
    expect(calls('nest')).toHaveLength(builds);
  });

  it('builds again when the build is gone, and after one that failed', () => {
    bootstrap('--build');
    rmSync(join(clone, 'dist', 'src', 'main.js'));
    bootstrap('--build');
    expect(calls('nest')).toHaveLength(2);
    write('src/broken.ts', '');
    expect(bootstrap('--build')).toMatchObject({ status: 1, stderr: expect.stringContaining('The build failed') });
    rmSync(join(clone, 'src', 'broken.ts'));
    expect(bootstrap('--build')).toMatchObject({ status: 0 });
    expect(calls('nest')).toHaveLength(4);
  });

  it('links the packaged Node where npm 10 has lost the link', () => {
    const packaged = join(clone, 'fixtures', `node-${process.platform}-${process.arch}`, 'bin');
    mkdirSync(packaged, { recursive: true });
    symlinkSync(process.execPath, join(packaged, 'node'));
    bootstrap();
    const link = join(clone, 'node_modules', '.bin', 'node');
    rmSync(link);
    const system = oldNode();
    const { status } = spawnSync(process.execPath, [join(clone, 'scripts', 'bootstrap.mjs')], {
      env: { ...environment(), PATH: system },
    });
    expect(status).toBe(0);
    expect(realpathSync(link)).toBe(realpathSync(process.execPath));
  });

  it('says so when there is no Node to run on', () => {
    bootstrap();
    rmSync(join(clone, 'node_modules', '.bin', 'node'), { force: true });
    const { status, stderr } = spawnSync(process.execPath, [join(clone, 'scripts', 'bootstrap.mjs')], {
      encoding: 'utf8',
      env: { ...environment(), PATH: oldNode() },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('fleetcert runs on Node 24 or newer');
    expect(stderr).toContain('https://nodejs.org');
  });

  it('installs once when two starts come at the same time', async () => {
    const script = join(clone, 'scripts', 'bootstrap.mjs');
    const starts = [1, 2, 3].map(() => spawn(process.execPath, [script, '--build'], { env: environment() }));
    const codes = await Promise.all(starts.map((start) => once(start, 'exit').then(([code]) => code as number)));
    expect(codes).toEqual([0, 0, 0]);
    expect(calls('npm')).toHaveLength(1);
    expect(calls('nest')).toHaveLength(1);
    expect(existsSync(join(clone, '.bootstrap-lock'))).toBe(false);
  });
});

/** A PATH on which `node` is version 20. */
function oldNode(): string {
  const folder = join(clone, 'old');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'node'), '#!/bin/sh\necho v20.20.2\n', { mode: 0o755 });
  return `${folder}:/usr/bin:/bin`;
}
