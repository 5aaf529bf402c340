import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { program } from '../support/peers.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const START_SECONDS = 60;

/** The programs that it takes. */
export const NETWORK_PROGRAMS = ['unshare', 'nsenter', 'ip', 'nsd', 'dig', 'curl'];

/** Of somebody else on the internet: Zonemaster calls private and documentation addresses errors. */
const ROOT = ['198.41.0.4', '2801:1b8:10::b'];
const TLD = ['194.0.28.53', '2001:678:2c::53'];
/** Where our server is the name server `ns1` and `ns2` of the zone. */
const NS1 = ['193.0.9.53', '2001:67c:e0::53'];
const NS2 = ['185.49.140.53', '2a04:b900::53'];

export const ZONE = 'fleet.test';

const SOA = 'SOA a.nic.test. hostmaster.nic.test. 2026112000 14400 3600 1209600 3600';

const ZONES: Readonly<Record<string, { readonly servers: readonly string[]; readonly records: readonly string[] }>> = {
  '.': {
    servers: ROOT,
    records: ['. NS a.root-servers.net.', ...addresses('a.root-servers.net.', ROOT), ...delegation('test.', ['a.nic'])],
  },
  'in-addr.arpa.': { servers: ROOT, records: ['in-addr.arpa. NS a.root-servers.net.', ...pointers(4)] },
  'ip6.arpa.': { servers: ROOT, records: ['ip6.arpa. NS a.root-servers.net.', ...pointers(6)] },
  'test.': {
    servers: TLD,
    records: [
      'test. NS a.nic.test.',
      ...addresses('a.nic.test.', TLD),
      `${ZONE}. NS ns1.${ZONE}.`,
      `${ZONE}. NS ns2.${ZONE}.`,
      ...addresses(`ns1.${ZONE}.`, NS1),
      ...addresses(`ns2.${ZONE}.`, NS2),
    ],
  },
};

/** An internet of its own, in a network namespace without a way out: root, top level domain, and our server on port 53. */
export interface IsolatedInternet {
  readonly hintsFile: string;
  /** For files of what is started inside. */
  readonly directory: string;
  /** What the server runs with. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs a program inside; resolves to its standard output, rejects as execFile does. */
  run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
  /** Starts a program inside; it ends with the rest. */
  start(command: string, args: readonly string[]): void;
  stop(): Promise<void>;
}

/** May this process make a network namespace? */
export async function canIsolate(): Promise<boolean> {
  return run('unshare', ['--net', 'true']).then(
    () => true,
    () => false,
  );
}

export async function startIsolatedInternet(): Promise<IsolatedInternet> {
  const directory = await mkdtemp(join(tmpdir(), 'fleetcert-internet-'));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await ended(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const holder = spawn('unshare', ['--net', 'sh', '-c', namespaceScript()], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(holder);
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('exit', (code) => reject(new Error(`no network namespace: unshare ended with ${code}`)));
    });
    const inside = ['--net=/proc/' + holder.pid + '/ns/net', '--'];
    const start = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): void => {
      children.push(spawn('nsenter', [...inside, command, ...args], { cwd: directory, env, stdio: 'ignore' }));
    };
    const runInside: IsolatedInternet['run'] = async (command, args, env = process.env) =>
      (await run('nsenter', [...inside, command, ...args], { cwd: directory, env, maxBuffer: 64 << 20 })).stdout;

    for (const servers of [ROOT, TLD]) start(program('nsd'), ['-d', '-c', await nsdConfig(directory, servers)]);
    const environment = serverEnvironment(directory);
    start(process.execPath, ['--enable-source-maps', MAIN], environment);
    await until('answer', () => runInside('curl', ['-fsS', 'http://127.0.0.1:8080/health/ready']));
    for (const address of [...ROOT, ...TLD]) {
      await until('answer', () =>
        runInside('dig', [`@${address}`, '+norecurse', '+tries=1', '+timeout=1', 'test.', 'NS']),
      );
    }
    const hintsFile = join(directory, 'root.hints');
    const hints = ['. NS a.root-servers.net.', ...addresses('a.root-servers.net.', ROOT)];
    await writeFile(hintsFile, `${hints.join('\n')}\n`);
    return { hintsFile, directory, environment, run: runInside, start, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function namespaceScript(): string {
  const commands = [...ROOT, ...TLD, ...NS1, ...NS2].map((address) =>
    address.includes(':') ? `ip addr add ${address}/128 dev lo nodad` : `ip addr add ${address}/32 dev lo`,
  );
  return `set -e; ip link set lo up; ${commands.join('; ')}; echo up; exec sleep 600`;
}

function serverEnvironment(directory: string): NodeJS.ProcessEnv {
  const listen = [...NS1, ...NS2].map((address) => (address.includes(':') ? `[${address}]:53` : `${address}:53`));
  return {
    PATH: process.env['PATH'],
    NODE_ENV: 'test',
    FLEETCERT_DATA_DIR: join(directory, 'data'),
    FLEETCERT_ZONES: ZONE,
    FLEETCERT_NAMESERVERS: `ns1.${ZONE}=${NS1.join('+')},ns2.${ZONE}=${NS2.join('+')}`,
    FLEETCERT_DNS_LISTEN: listen.join(','),
    FLEETCERT_HTTP_LISTEN: '127.0.0.1:8080',
    FLEETCERT_SANDBOX_DEVICES: '0',
  };
}

async function nsdConfig(directory: string, servers: readonly string[]): Promise<string> {
  const id = servers[0]!;
  const zones = Object.entries(ZONES).filter(([, zone]) => zone.servers === servers);
  for (const [name, { records }] of zones) {
    await writeFile(join(directory, `${name}zone`), lines([`${name} ${SOA}`, ...records]));
  }
  const file = join(directory, `nsd-${id}.conf`);
  await writeFile(
    file,
    `server:
${servers.map((address) => `  ip-address: ${address}`).join('\n')}
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  database: ""
  pidfile: "${directory}/${id}.pid"
  xfrdfile: "${directory}/${id}.xfrd"
  xfrdir: "${directory}"
  zonelistfile: "${directory}/${id}.list"
  cookie-secret-file: ""
  server-count: 1
remote-control:
  control-enable: no
${zones.map(([name]) => `zone:\n  name: "${name}"\n  zonefile: "${name}zone"\n`).join('')}`,
  );
  return file;
}

function lines(records: readonly string[]): string {
  return ['$TTL 86400', ...records, ''].join('\n');
}

function addresses(name: string, servers: readonly string[]): string[] {
  return servers.map((address) => `${name} ${address.includes(':') ? 'AAAA' : 'A'} ${address}`);
}

function delegation(zone: string, servers: readonly string[]): string[] {
  return servers.flatMap((label) => [`${zone} NS ${label}.${zone}`, ...addresses(`${label}.${zone}`, TLD)]);
}

function pointers(family: 4 | 6): string[] {
  const servers: readonly (readonly [string, readonly string[]])[] = [
    [`ns1.${ZONE}.`, NS1],
    [`ns2.${ZONE}.`, NS2],
  ];
  return servers.flatMap(([name, own]) =>
    own
      .filter((address) => address.includes(':') === (family === 6))
      .map((address) => `${family === 4 ? reverse4(address) : reverse6(address)} PTR ${name}`),
  );
}

function reverse4(address: string): string {
  return `${address.split('.').toReversed().join('.')}.in-addr.arpa.`;
}

function reverse6(address: string): string {
  const [head = '', tail = ''] = address.split('::').map((part) =>
    part
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(''),
  );
  return `${[...(head + tail.padStart(32 - head.length, '0'))].toReversed().join('.')}.ip6.arpa.`;
}

async function until(what: string, attempt: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`a server did not ${what} within ${START_SECONDS} s`, { cause: error });
      await sleep(200);
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await exit;
  clearTimeout(timer);
}
