import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWithPeers, program } from '../support/peers.js';
import {
  canIsolate,
  NETWORK_PROGRAMS,
  startIsolatedInternet,
  ZONE,
  type IsolatedInternet,
} from './zonemaster-network.js';

const COMMAND = fileURLToPath(new URL('../../bin/fleetcert.mjs', import.meta.url));

interface Report {
  readonly ok: boolean;
  readonly findings: readonly { check: string; subject: string; status: string; message: string; advice: string[] }[];
}

const isPossible = process.env['FLEETCERT_REQUIRE_PEERS'] === '1' || (await canIsolate());
const peers = isPossible ? ['unbound', ...NETWORK_PROGRAMS] : ['a network namespace of its own (needs root)'];

describeWithPeers(peers, '`fleetcert doctor`, in an internet of its own', () => {
  let internet: IsolatedInternet;

  beforeAll(async () => {
    internet = await startIsolatedInternet();
    const file = join(internet.directory, 'unbound.conf');
    await writeFile(
      file,
      `server:
  directory: "${internet.directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1
  module-config: "iterator"
  root-hints: "${internet.hintsFile}"
  local-zone: "test." nodefault
remote-control:
  control-enable: no
`,
    );
    internet.start(program('unbound'), ['-d', '-c', file]);
    await until(['@127.0.0.1', ZONE, 'SOA'], 'hostmaster');
    // The server sets CAA when its account at the CA is made, which is after it is ready.
    await until(['@193.0.9.53', ZONE, 'CAA'], 'accounturi');
  });
  afterAll(() => internet?.stop());

  async function until(question: readonly string[], text: string): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const answer = await internet.run('dig', ['+short', '+tries=1', '+timeout=1', ...question]).catch(() => '');
      if (answer.includes(text)) return;
      await sleep(200);
    }
    throw new Error(`dig ${question.join(' ')} does not find ${text}`);
  }

  /** Exit code and standard output. */
  async function doctor(
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    under: readonly string[] = [],
  ): Promise<[number, string]> {
    const [command = '', ...rest] = [...under, process.execPath, COMMAND, 'doctor', '--resolver', '127.0.0.1', ...args];
    try {
      return [0, await internet.run(command, rest, { ...internet.environment, ...environment })];
    } catch (error) {
      const { code, stdout } = error as { code: number; stdout: string };
      return [code, stdout];
    }
  }

  async function fixedRecords(): Promise<readonly unknown[]> {
    const file = join(internet.environment['FLEETCERT_DATA_DIR']!, 'admin-token');
    const header = `Authorization: Bearer ${(await readFile(file, 'utf8')).trim()}`;
    const url = `http://127.0.0.1:8080/v1/zones/${ZONE}/records`;
    return (JSON.parse(await internet.run('curl', ['-fsS', '-H', header, url])) as { items: unknown[] }).items;
  }

  it('finds the parent from the root down, asks every address over IPv4 and IPv6, and finds nothing wrong', async () => {
    const [code, output] = await doctor(['--json']);
    const { ok, findings } = JSON.parse(output) as Report;
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect([code, ok]).toEqual([0, true]);
    expect(findings.filter(({ check }) => check === 'delegation').map(({ subject }) => subject)).toEqual([
      `${ZONE} at a.nic.test (194.0.28.53)`,
      `${ZONE} at a.nic.test (2001:678:2c::53)`,
    ]);
    expect(findings.filter(({ check }) => check === 'test-record')).toHaveLength(4);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'rebinding', subject: '127.0.0.1:53' }));
  });

  it('shows a line a check, then what to change, and exits 1 when the parent and the configuration differ', async () => {
    const [code, output] = await doctor(['--no-write', '--timeout', '1'], {
      FLEETCERT_NAMESERVERS: `ns1.${ZONE}=193.0.9.53,ns3.${ZONE}=185.49.140.53`,
    });
    expect(code).toBe(1);
    expect(output).toMatch(
      /^FAIL {2}delegation +fleet\.test at a\.nic\.test \(194\.0\.28\.53\): the NS records differ/m,
    );
    expect(output).toContain(`ns3.${ZONE}. 3600 IN A 185.49.140.53`);
    expect(output).toContain(`Remove from the parent zone: ${ZONE}. NS ns2.${ZONE}.`);
    expect(output).toMatch(/^skip {2}test-record /m);
    expect(output).toMatch(/^\d+ checks: \d+ ok, \d+ to look at, [1-9]\d* wrong/m);
  });

  it('leaves no record behind', async () => {
    await doctor([]);
    const [code] = await doctor(['--zone', ZONE]);
    expect(code).toBe(0);
    expect(await fixedRecords()).toEqual([]);
  });

  it('takes its records away when it is interrupted', async () => {
    // The root's name server answers, but never with the record: the doctor waits for it.
    const environment = { FLEETCERT_NAMESERVERS: `ns1.${ZONE}=193.0.9.53,ns.root.test=198.41.0.4` };
    const pidFile = join(internet.directory, 'doctor.pid');
    const shell = ['sh', '-c', `"$@" & echo $! >${pidFile}; wait $!`, 'sh'];
    const interrupted = doctor(['--wait', '60'], environment, shell);
    let most = 0;
    for (let attempt = 0; attempt < 150 && most < 3; attempt += 1) {
      most = Math.max(most, (await fixedRecords()).length);
      await sleep(100);
    }
    expect(most).toBe(3);
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGTERM');
    expect((await interrupted)[0]).toBe(130);
    expect(await fixedRecords()).toEqual([]);
  });

  it('exits 64 on wrong arguments and 78 on a wrong configuration', async () => {
    expect(await doctor(['--timeout', 'soon'])).toEqual([64, '']);
    expect(await doctor(['--zone', 'other.test'])).toEqual([64, '']);
    expect(await doctor([], { FLEETCERT_URL: 'nonsense' })).toEqual([78, '']);
    expect(await doctor([], { FLEETCERT_NAMESERVERS: 'nonsense' })).toEqual([78, '']);
  });

  it('prints what belongs into the parent zone', async () => {
    const [code, output] = await doctor(['--print-delegation']);
    expect(code).toBe(0);
    expect(output.trim().split('\n')).toEqual([
      `${ZONE}. 3600 IN NS ns1.${ZONE}.`,
      `${ZONE}. 3600 IN NS ns2.${ZONE}.`,
      `ns1.${ZONE}. 3600 IN A 193.0.9.53`,
      `ns1.${ZONE}. 3600 IN AAAA 2001:67c:e0::53`,
      `ns2.${ZONE}. 3600 IN A 185.49.140.53`,
      `ns2.${ZONE}. 3600 IN AAAA 2a04:b900::53`,
    ]);
  });
});
