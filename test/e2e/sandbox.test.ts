import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freePort } from '../support/free-port.js';
import { describeWithPeers } from '../support/peers.js';
import { PROCESS_ADMIN_TOKEN, startServer, type ServerProcess } from '../support/server-process.js';

const run = promisify(execFile);
const STORY_ENDS = 'Ctrl-C stops all of it';

/** A printed command line, run as a person would: by the shell. */
async function shell(line: string): Promise<string> {
  return (await run('/bin/sh', ['-c', line], { timeout: 60_000 })).stdout;
}

function commandStarting(output: string, start: string): string {
  const line = output.split('\n').find((candidate) => candidate.trim().startsWith(start));
  if (!line) throw new Error(`no line starts with ${start}:\n${output}`);
  return line.trim();
}

describe('the sandbox, as npm start brings it up', () => {
  let server: ServerProcess;
  let ports: { dnsPort: number; httpPort: number; caPort: number };

  beforeAll(async () => {
    ports = { dnsPort: await freePort(), httpPort: await freePort(), caPort: await freePort() };
    server = await startServer({ environment: { FLEETCERT_SANDBOX_DEVICES: '3' }, ...ports });
    await server.waitForOutput(STORY_ENDS, 90);
  });
  afterAll(() => server.stop());

  it('tells how three devices got certificates', () => {
    const holds = server.output().match(/Device \d: +\S+\.fleet\.test holds a certificate/g);
    expect(holds).toHaveLength(3);
  });

  it('prints a curl line that verifies a demo device on its private address', async () => {
    const line = commandStarting(server.output(), 'curl --cacert');
    expect(line).toMatch(/--resolve \S+\.fleet\.test:\d+:127\.0\.0\.1\d /);
    expect(await shell(`${line} -sS`)).toContain('Hello from');
  });

  it("prints the dashboard's address, and how to sign in there", async () => {
    const address = commandStarting(server.output(), `http://127.0.0.1:${ports.httpPort}/`);
    expect(server.output()).toContain('Look at the fleet in a browser. Sign in with FLEETCERT_ADMIN_TOKEN.');
    const answer = await fetch(address, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in']);
    const signedIn = await fetch(new URL('/sign-in', address), {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ credential: PROCESS_ADMIN_TOKEN }),
    });
    const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!;
    const page = await (await fetch(address, { headers: { cookie } })).text();
    for (const name of server.output().match(/\S+(?=\.fleet\.test holds)/g)!) expect(page).toContain(name);
  });

  it('prints no secret', () => {
    expect(server.output()).not.toMatch(/fc[dko]_[\w-]{20}/);
  });

  it('keeps secrets out of the log', () => {
    const log = readFileSync(`${server.dataDirectory}/server.log`, 'utf8');
    expect(log).not.toMatch(/fc[dko]_[\w-]{20}|PRIVATE KEY/);
  });

  describeWithPeers(['dig'], 'with dig', () => {
    it('binds the CA to its account in the apex CAA records', async () => {
      const caa = await shell(`dig @127.0.0.1 -p ${server.dnsPort} fleet.test CAA +short`);
      expect(caa).toMatch(/0 issue "ca\.fleetcert\.test; ?accounturi=https:\/\/\S+; ?validationmethods=dns-01"/);
    });

    it('prints a dig line that answers', async () => {
      expect(await shell(`${commandStarting(server.output(), 'dig @')} +short`)).toMatch(/^127\.0\.0\.1\d$/m);
    });
  });

  it('prints the line that enrolls one more device', async () => {
    const line = commandStarting(server.output(), 'curl -fsS').replace(
      './my-device',
      `${server.dataDirectory}/my-device`,
    );
    await shell(`${line} --address 127.0.0.40`);
    const { body } = await server.api('GET', '/v1/fleet');
    expect(body['certificates']).toMatchObject({ ok: 4, none: 0 });
  });

  it('stops on Ctrl-C, and continues with the kept data', async () => {
    const before = await server.api('GET', '/v1/devices');
    const kept = server.dataDirectory;
    expect(await server.end('SIGINT')).toBe(0);
    server = await startServer({ environment: { FLEETCERT_SANDBOX_DEVICES: '3' }, dataDirectory: kept, ...ports });
    await server.waitForOutput(STORY_ENDS, 60);
    const after = await server.api('GET', '/v1/devices');
    const serials = (answer: typeof before): unknown =>
      (answer.body['items'] as { name: string; certificate: { serial: string } }[]).map(({ name, certificate }) => [
        name,
        certificate.serial,
      ]);
    expect(serials(after)).toEqual(serials(before));
    expect(await shell(`${commandStarting(server.output(), 'curl --cacert')} -sS`)).toContain('Hello from');
  });
});
