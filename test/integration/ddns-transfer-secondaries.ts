import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { program } from '../support/peers.js';

/** What a secondary has to know of us. */
export interface Primary {
  readonly port: number;
  readonly zone: string;
  readonly key: { readonly name: string; readonly algorithm: string; readonly secret: string };
}

/** Another DNS server that transfers our zone, on a loopback port. */
export interface RunningSecondary {
  readonly name: string;
  readonly port: number;
  /** What it has written to its log so far. */
  log(): string;
  stop(): Promise<void>;
}

interface Engine {
  /** Programs that it takes. */
  readonly programs: readonly string[];
  /** Prepares its directory. @returns the command that runs it in the foreground. */
  prepare(directory: string, port: number, primary: Primary): Promise<readonly string[]>;
}

/** The configuration of docs/dnssec.md, with our addresses, names and secret in the place of its own. */
async function signingKnot(directory: string, port: number, primary: Primary): Promise<string[]> {
  const page = readFileSync(new URL('../../docs/dnssec.md', import.meta.url), 'utf8');
  const [, example] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  if (example === undefined) throw new Error('docs/dnssec.md has no configuration any more.');
  const config = join(directory, 'knot.conf');
  await writeFile(
    config,
    example
      .replaceAll('transfer.d.example.com', primary.key.name)
      .replace('SECRET', primary.key.secret)
      .replaceAll('d.example.com', primary.zone)
      .replace('192.0.2.54@53', `127.0.0.1@${port}`)
      .replace('192.0.2.53@53', `127.0.0.1@${primary.port}`)
      .replaceAll('192.0.2.53', '127.0.0.1')
      .replaceAll(/\/(run|var\/lib)\/knot/g, directory),
  );
  return ['knotd', '-c', config];
}

async function knot(directory: string, port: number, { port: primary, zone, key }: Primary): Promise<string[]> {
  const config = join(directory, 'knot.conf');
  await writeFile(
    config,
    `server:
    rundir: ${directory}
    listen: 127.0.0.1@${port}
database:
    storage: ${directory}
log:
  - target: stderr
    any: info
key:
  - id: ${key.name}
    algorithm: ${key.algorithm}
    secret: ${key.secret}
remote:
  - id: primary
    address: 127.0.0.1@${primary}
    key: ${key.name}
acl:
  - id: notify
    address: 127.0.0.1
    key: ${key.name}
    action: notify
  - id: transfer
    address: 127.0.0.1
    action: transfer
zone:
  - domain: ${zone}
    master: primary
    acl: [notify, transfer]
    storage: ${directory}
`,
  );
  return ['knotd', '-c', config];
}

async function nsd(directory: string, port: number, { port: primary, zone, key }: Primary): Promise<string[]> {
  const config = join(directory, 'nsd.conf');
  await writeFile(
    config,
    `server:
  ip-address: 127.0.0.1@${port}
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  database: ""
  pidfile: "${directory}/nsd.pid"
  xfrdfile: "${directory}/xfrd.state"
  xfrdir: "${directory}"
  zonelistfile: "${directory}/zone.list"
  cookie-secret-file: ""
  server-count: 1
  verbosity: 2
remote-control:
  control-enable: no
key:
  name: "${key.name}"
  algorithm: ${key.algorithm}
  secret: "${key.secret}"
zone:
  name: "${zone}"
  zonefile: "${zone}.zone"
  request-xfr: 127.0.0.1@${primary} ${key.name}
  allow-notify: 127.0.0.1 ${key.name}
  provide-xfr: 127.0.0.1 NOKEY
`,
  );
  return ['nsd', '-d', '-c', config];
}

async function bind(directory: string, port: number, { port: primary, zone, key }: Primary): Promise<string[]> {
  const config = join(directory, 'named.conf');
  await writeFile(
    config,
    `options {
  directory "${directory}";
  pid-file "${directory}/named.pid";
  session-keyfile "${directory}/session.key";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  allow-transfer { 127.0.0.1; };
  notify no;
};
controls { };
key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };
zone "${zone}" {
  type secondary;
  primaries { 127.0.0.1 port ${primary} key "${key.name}"; };
  file "${zone}.db";
};
`,
  );
  return ['named', '-g', '-n', '1', '-c', config];
}

async function powerdns(directory: string, port: number, { port: primary, zone, key }: Primary): Promise<string[]> {
  const database = join(directory, 'pdns.sqlite3');
  const sqlite = new DatabaseSync(database);
  sqlite.exec(readFileSync('/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql', 'utf8'));
  sqlite.close();
  await writeFile(
    join(directory, 'pdns.conf'),
    `launch=gsqlite3
gsqlite3-database=${database}
gsqlite3-pragma-synchronous=0
local-address=127.0.0.1
local-port=${port}
socket-dir=${directory}
secondary=yes
xfr-cycle-interval=1
allow-axfr-ips=127.0.0.1
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
security-poll-suffix=
guardian=no
daemon=no
`,
  );
  const pdnsutil = (...args: readonly string[]): void => {
    execFileSync(program('pdnsutil'), [`--config-dir=${directory}`, ...args], { stdio: 'pipe' });
  };
  pdnsutil('create-secondary-zone', zone, `127.0.0.1:${primary}`);
  pdnsutil('import-tsig-key', key.name, key.algorithm, key.secret);
  pdnsutil('activate-tsig-key', zone, key.name, 'secondary');
  pdnsutil('set-meta', zone, 'IXFR', '1');
  return ['pdns_server', `--config-dir=${directory}`];
}

/** The engines that the contract names. */
export const ENGINES = {
  Knot: { programs: ['knotd'], prepare: knot },
  NSD: { programs: ['nsd'], prepare: nsd },
  BIND: { programs: ['named'], prepare: bind },
  PowerDNS: { programs: ['pdns_server', 'pdnsutil'], prepare: powerdns },
} satisfies Record<string, Engine>;

/** Knot again, signing what it transfers. */
const SIGNING_KNOT: Engine = { programs: ['knotd'], prepare: signingKnot };

/** Every program that all of them take. */
export const SECONDARY_PROGRAMS: readonly string[] = Object.values(ENGINES).flatMap(({ programs }) => programs);

/** Starts an engine as a secondary of ours, in a directory of its own. */
export function startSecondary(name: keyof typeof ENGINES, port: number, primary: Primary): Promise<RunningSecondary> {
  return startEngine(name, ENGINES[name], port, primary);
}

/** Starts a secondary that signs the zone. */
export function startSigningSecondary(port: number, primary: Primary): Promise<RunningSecondary> {
  return startEngine('signing Knot', SIGNING_KNOT, port, primary);
}

/**
 * Starts Unbound as a resolver that asks only the given server for the zone, and believes nothing that does not
 * validate with the anchor.
 * @param anchor the zone's DS or DNSKEY records.
 */
export function startValidator(
  port: number,
  zone: string,
  server: number,
  anchor: readonly string[],
): Promise<RunningSecondary> {
  const prepare = async (directory: string): Promise<string[]> => {
    const config = join(directory, 'unbound.conf');
    await writeFile(
      config,
      `server:
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: "${directory}/unbound.pid"
  use-syslog: no
  interface: 127.0.0.1@${port}
  do-not-query-localhost: no
  module-config: "validator iterator"
  harden-dnssec-stripped: yes
  local-zone: "test." nodefault
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  val-log-level: 2
${anchor.map((record) => `  trust-anchor: "${record}"\n`).join('')}stub-zone:
  name: "${zone}"
  stub-addr: 127.0.0.1@${server}
`,
    );
    return ['unbound', '-d', '-p', '-c', config];
  };
  return startEngine('Unbound', { prepare }, port, undefined);
}

async function startEngine<Options>(
  name: string,
  engine: { prepare(directory: string, port: number, options: Options): Promise<readonly string[]> },
  port: number,
  options: Options,
): Promise<RunningSecondary> {
  const directory = await mkdtemp(join(tmpdir(), `fleetcert-${name.toLowerCase().replaceAll(' ', '-')}-`));
  // An engine that changes its user still has to get in.
  await chmod(directory, 0o777);
  await mkdir(join(directory, 'empty'));
  const [command = '', ...args] = await engine.prepare(directory, port, options);
  const child = spawn(program(command), args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (log += text.toString()));
  return {
    name,
    port,
    log: () => log,
    stop: async () => {
      await ended(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exit;
  clearTimeout(timer);
}
