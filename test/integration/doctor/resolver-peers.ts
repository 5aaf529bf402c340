import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../../support/free-port.js';
import { program } from '../../support/peers.js';

export interface RunningResolver {
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** dnsmasq, as home routers run it, with every query going to one server. */
export function startDnsmasq(upstreamPort: number, options: readonly string[]): Promise<RunningResolver> {
  return startResolver('dnsmasq', (port) => [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--user=',
    '--pid-file=',
    '--listen-address=127.0.0.1',
    '--bind-interfaces',
    `--port=${port}`,
    `--server=127.0.0.1#${upstreamPort}`,
    ...options,
  ]);
}

/** Unbound with the zone as a stub zone, and these lines in its server clause. */
export function startUnbound(zone: string, upstreamPort: number, lines: readonly string[]): Promise<RunningResolver> {
  return startResolver('unbound', async (port, directory) => {
    const file = join(directory, 'unbound.conf');
    await writeFile(
      file,
      `server:
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1
  port: ${port}
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "test." nodefault
${lines.map((line) => `  ${line}\n`).join('')}
remote-control:
  control-enable: no
stub-zone:
  name: "${zone}"
  stub-addr: 127.0.0.1@${upstreamPort}
`,
    );
    return ['-d', '-c', file];
  });
}

async function startResolver(
  name: string,
  args: (port: number, directory: string) => Promise<readonly string[]> | readonly string[],
): Promise<RunningResolver> {
  const directory = await mkdtemp(join(tmpdir(), `fleetcert-${name}-`));
  const port = await freePort();
  const child = spawn(program(name), await args(port, directory), { cwd: directory, stdio: 'ignore' });
  return {
    address: '127.0.0.1',
    port,
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
