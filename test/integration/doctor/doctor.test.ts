import { Resolver } from 'node:dns/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { Finding } from '../../../src/ddns/doctor/domain/finding.js';
import type { DoctorSettings } from '../../../src/ddns/doctor/doctor-settings.js';
import { Doctor } from '../../../src/ddns/doctor/doctor.js';
import { ServerApi } from '../../../src/ddns/doctor/server-api.js';
import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';
import { freePort } from '../../support/free-port.js';
import {
  meddlingWith,
  parentThatRefers,
  startNameServer,
  typeAsked,
  withoutRecords,
  withRcode,
  type Answerer,
  type MeddlingNameServer,
} from './meddling-name-server.js';

const ZONE = 'fleet.test';
const NS1 = { name: `ns1.${ZONE}`, addresses: ['127.0.0.1'] };
const NS2 = { name: `ns2.${ZONE}`, addresses: ['127.0.0.2'] };
const GLUE = { [NS1.name]: '127.0.0.1', [NS2.name]: '127.0.0.2' };
const RIGHT_PARENT = parentThatRefers(ZONE, [NS1.name, NS2.name], GLUE);
const TYPE_SOA = 6;

describe('the doctor', () => {
  const database = withDatabase();
  let server: TestApp;
  let url: string;
  let port: number;
  let ca: DoctorSettings['ca'];
  const running: MeddlingNameServer[] = [];

  beforeAll(async () => {
    port = await freePort();
    server = await startApp(database.url, {
      FLEETCERT_DNS_LISTEN: `127.0.0.1:${port}`,
      FLEETCERT_NAMESERVERS: `${NS1.name}=127.0.0.1,${NS2.name}=127.0.0.2`,
    });
    url = await server.app.getUrl();
    ca = { identities: ['ca.fleetcert.test'], host: await caHost(port) };
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    await Promise.all(running.splice(0).map((nameServer) => nameServer.stop()));
    const { body } = await server.admin.get(`/v1/zones/${ZONE}/records`).expect(200);
    expect(body.items).toEqual([]);
  });

  async function start(address: string, answer: Answerer, at = 0): Promise<MeddlingNameServer> {
    const nameServer = await startNameServer({ address, port: at }, answer);
    running.push(nameServer);
    return nameServer;
  }

  /** The second name server, on 127.0.0.2: ours, through something that changes its answers. */
  function secondServer(change?: (answer: Buffer, query: Buffer) => Buffer | undefined): Promise<MeddlingNameServer> {
    return start('127.0.0.2', meddlingWith({ address: '127.0.0.1', port }, change), port);
  }

  async function examine(
    settings: Partial<DoctorSettings> = {},
    credential: { readonly token?: string } = { token: ADMIN_TOKEN },
  ): Promise<readonly Finding[]> {
    const whole: DoctorSettings = {
      zones: [ZONE],
      nameServers: [NS1, NS2],
      nameServerPort: port,
      resolvers: [],
      parent: settings.parent ?? (await start('127.0.0.1', RIGHT_PARENT)),
      timeoutMilliseconds: 900,
      propagationMilliseconds: 600,
      ca,
      mayWrite: true,
      ...settings,
    };
    return new Doctor(whole, new ServerApi(url, credential.token, 3000)).examine();
  }

  it('finds nothing wrong where nothing is', async () => {
    await secondServer();
    const findings = await examine();
    expect(troubles(findings)).toEqual([]);
    for (const check of ['delegation', 'glue', 'reachable', 'edns', 'test-record', 'large-answer', 'caa', 'serial']) {
      expect(findings).toContainEqual(expect.objectContaining({ check, status: 'ok' }));
    }
    expect(findings.filter(({ check }) => check === 'transfer')).toHaveLength(2);
  });

  it('prints the lines for a parent that names other name servers', async () => {
    await secondServer();
    const parent = await start('127.0.0.1', parentThatRefers(ZONE, [NS1.name, 'ns.elsewhere.test'], GLUE));
    const [delegation] = troubles(await examine({ parent }));
    expect(delegation).toMatchObject({
      check: 'delegation',
      message: `the NS records differ from FLEETCERT_NAMESERVERS: missing ns2.${ZONE} not ours ns.elsewhere.test`,
    });
    expect(delegation!.advice.join('\n')).toContain(`ns2.${ZONE}. 3600 IN A 127.0.0.2`);
  });

  it('compares the glue', async () => {
    await secondServer();
    const glue = { ...GLUE, [NS2.name]: '127.0.0.1' };
    const parent = await start('127.0.0.1', parentThatRefers(ZONE, [NS1.name, NS2.name], glue));
    expect(troubles(await examine({ parent }))).toEqual([
      expect.objectContaining({
        check: 'glue',
        message: expect.stringContaining(`ns2.${ZONE}: missing 127.0.0.2 not configured 127.0.0.1`),
      }),
    ]);
  });

  it('tells a zone that is not delegated from a parent that does not answer', async () => {
    await secondServer();
    const parent = await start('127.0.0.1', (query) => withRcode(asAnswer(query), 3));
    const [missing] = troubles(await examine({ parent }));
    expect(missing!.message).toContain('the zone is not delegated');
    const nobody = { address: '127.0.0.9', port: await freePort('127.0.0.9') };
    const [silent] = troubles(await examine({ parent: nobody }));
    expect(silent!.message).toContain('no name server of the parent zone answers');
  });

  it('names a name server that cannot be reached', async () => {
    const [finding, ...others] = troubles(await examine());
    expect(finding).toMatchObject({
      check: 'reachable',
      subject: `ns2.${ZONE} (127.0.0.2:${port})`,
      message: expect.stringContaining('the port is closed'),
    });
    expect(others).toEqual([]);
  });

  it('names a name server without TCP', async () => {
    const real = meddlingWith({ address: '127.0.0.1', port });
    await start('127.0.0.2', (query, transport) => (transport === 'udp' ? real(query, transport) : undefined), port);
    const found = troubles(await examine());
    expect(found.map(({ check }) => check)).toEqual(['reachable', 'large-answer']);
    expect(found[0]!.message).toContain('no answer over TCP');
  });

  it.each<[string, string[], (answer: Buffer, query: Buffer) => Buffer | undefined]>([
    ['a lame delegation', ['authority'], (answer) => withRcode(answer, 5)],
    ['an answer without AA', ['authority'], (answer) => withFlags(answer, 0x0400, 0)],
    ['an open resolver', ['recursion'], (answer) => withFlags(answer, 0, 0x0080)],
    ['a proxy that lower-cases names', ['letter-case'], lowerCased],
    [
      'negative answers without SOA',
      ['negative-answers'],
      (answer) => (answer.readUInt16BE(6) === 0 && (answer[3]! & 0x0f) !== 5 ? withoutRecords(answer) : answer),
    ],
    [
      'a proxy without EDNS',
      ['edns'],
      (answer, query) => (query.readUInt16BE(10) === 0 ? answer : withRcode(answer, 1)),
    ],
    [
      'a secondary that stands still',
      ['serial', 'test-record'],
      (answer, query) => (typeAsked(query) === TYPE_SOA ? olderSoa(answer) : txtGone(answer, query)),
    ],
  ])('finds %s', async (_, checks, change) => {
    await secondServer(change);
    const found = troubles(await examine()).filter(({ subject }) => subject.startsWith('ns2'));
    expect(found.map(({ check }) => check)).toEqual(expect.arrayContaining(checks));
    for (const { advice } of found) expect(advice.join('')).not.toBe('');
  });

  it('blames the first server for nothing that the second does wrong', async () => {
    await secondServer((answer) => withRcode(answer, 5));
    const found = troubles(await examine()).filter(({ subject }) => subject.startsWith('ns1'));
    expect(found).toEqual([]);
  });

  it('says that the CAA records keep the configured CA out, and what would fit', async () => {
    await secondServer();
    const [finding, ...others] = troubles(
      await examine({ ca: { identities: ['letsencrypt.org'], host: 'acme-v02.api.letsencrypt.org' } }),
    );
    expect(finding).toMatchObject({ check: 'caa', status: 'fail' });
    expect(finding!.advice.join('\n')).toContain('0 issue "letsencrypt.org; validationmethods=dns-01"');
    expect(others).toEqual([]);
  });

  it('sees that the CAA records name an account of another directory of the same CA', async () => {
    await secondServer();
    const [finding] = troubles(await examine({ ca: { ...ca!, host: 'staging.example' } }));
    expect(finding!.message).toContain('accounturi is an account at');
  });

  it('finds the record through a resolver that hands on private addresses', async () => {
    await secondServer();
    const resolver = await start('127.0.0.1', meddlingWith({ address: '127.0.0.1', port }));
    const findings = await examine({ resolvers: [resolver] });
    expect(troubles(findings)).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'resolver', status: 'ok' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'rebinding', status: 'ok' }));
  });

  it('names the exception for a resolver that filters private addresses', async () => {
    await secondServer();
    const filtering = meddlingWith({ address: '127.0.0.1', port }, (answer, query) =>
      typeAsked(query) === 1 ? withoutRecords(answer) : answer,
    );
    const [finding, ...others] = troubles(await examine({ resolvers: [await start('127.0.0.1', filtering)] }));
    expect(finding).toMatchObject({ check: 'rebinding', status: 'fail' });
    expect(finding!.advice.join('\n')).toContain(`rebind-domain-ok=/${ZONE}/`);
    expect(others).toEqual([]);
  });

  it('does not blame a filter when the resolver does not find the zone', async () => {
    await secondServer();
    const lost = await start('127.0.0.1', (query) => withRcode(asAnswer(query), 3));
    const findings = await examine({ resolvers: [lost] });
    expect(troubles(findings).map(({ check }) => check)).toEqual(['resolver']);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'rebinding', status: 'skipped' }));
  });

  it('makes no record without a credential, with a wrong one, or when it may not', async () => {
    await secondServer();
    const [without] = troubles(await examine({}, {}));
    expect(without).toMatchObject({ check: 'test-record', status: 'warn' });
    const [wrong] = troubles(await examine({}, { token: 'fco_wrong' }));
    expect(wrong).toMatchObject({ check: 'test-record', status: 'fail', message: expect.stringContaining('401') });
    const resolver = await start('127.0.0.1', meddlingWith({ address: '127.0.0.1', port }));
    const findings = await examine({ mayWrite: false, resolvers: [resolver] });
    expect(troubles(findings)).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'resolver', status: 'ok' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'rebinding', status: 'skipped' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'test-record', status: 'skipped' }));
  });

  it('takes away what a run that was killed has left, but not what another run has just made', async () => {
    await secondServer();
    const put = (name: string) =>
      server.admin
        .put(`/v1/zones/${ZONE}/records`)
        .send({ name, type: 'TXT', ttl: 10, values: ['"x"'] })
        .expect(200);
    const recent = `_fleetcert-doctor-${Math.floor(Date.now() / 1000).toString(36)}-recent`;
    await put(`_fleetcert-doctor-${Math.floor(Date.now() / 1000 - 7200).toString(36)}-old`);
    await put(recent);
    await examine();
    const { body } = await server.admin.get(`/v1/zones/${ZONE}/records`).expect(200);
    expect(body.items).toEqual([expect.objectContaining({ name: recent })]);
    await server.admin.delete(`/v1/zones/${ZONE}/records?name=${recent}&type=TXT`).expect(204);
  });

  it('says so when the API cannot be reached, and looks at the rest', async () => {
    await secondServer();
    const closed = await freePort();
    const findings = await new Doctor(
      {
        zones: [ZONE],
        nameServers: [NS1, NS2],
        nameServerPort: port,
        resolvers: [],
        parent: undefined,
        timeoutMilliseconds: 900,
        propagationMilliseconds: 600,
        ca,
        mayWrite: true,
      },
      new ServerApi(`http://127.0.0.1:${closed}`, ADMIN_TOKEN, 1000),
    ).examine();
    expect(troubles(findings).map(({ check }) => check)).toEqual(['server', 'test-record']);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'caa', status: 'ok' }));
  });
});

function troubles(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ status }) => status === 'fail' || status === 'warn');
}

/** The account's host in the CAA records, once the server has set them. */
async function caHost(port: number): Promise<string> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const records = await resolver.resolveCaa(ZONE).catch(() => []);
    const host = /accounturi=https:\/\/([^/]+)/.exec(records.map(({ issue }) => issue ?? '').join())?.[1];
    if (host !== undefined) return host;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the server set no CAA records');
}

function asAnswer(query: Buffer): Buffer {
  return withFlags(query, 0, 0x8000);
}

function withFlags(answer: Buffer, clear: number, set: number): Buffer {
  const changed = Buffer.from(answer);
  changed.writeUInt16BE((changed.readUInt16BE(2) & ~clear) | set, 2);
  return changed;
}

function lowerCased(answer: Buffer): Buffer {
  const changed = Buffer.from(answer);
  for (let at = 12; changed[at] !== 0; at += 1 + changed[at]!) {
    for (let index = at + 1; index <= at + changed[at]!; index += 1) {
      if (changed[index]! >= 0x41 && changed[index]! <= 0x5a) changed[index]! |= 0x20;
    }
  }
  return changed;
}

/** The SOA of an hour ago: the serial is the first of the five numbers at the end of the record. */
function olderSoa(answer: Buffer): Buffer {
  if (answer.readUInt16BE(6) !== 1) return answer;
  const changed = Buffer.from(answer);
  const end = changed.lastIndexOf(Buffer.from([0, 0, 3, 0x84, 0, 0, 1, 0x2c]));
  changed.writeUInt32BE((changed.readUInt32BE(end - 4) - 3600 * 256) >>> 0, end - 4);
  return changed;
}

function txtGone(answer: Buffer, query: Buffer): Buffer {
  return typeAsked(query) === 16 ? withRcode(answer, 3) : answer;
}
