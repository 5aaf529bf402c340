import { X509Certificate } from 'node:crypto';

import { beforeEach, describe, expect, it } from 'vitest';

import { addSeconds } from '../../../src/kernel/clock.js';
import { Harness, NOW } from './support/harness.js';
import { base64url, read, type TestAnswer, type TestClient } from './support/test-client.js';

const ERROR = 'urn:ietf:params:acme:error:';
const DAY = 86_400;

let harness: Harness;
let client: TestClient;
const settle = (): Promise<void> => harness.server.idle();
beforeEach(async () => {
  harness = await Harness.start();
  client = await harness.client();
});

/** RFC 9773 section 4.1, from the DER itself: the key identifier and the INTEGER's content octets. */
function certIdFromDer(der: Buffer): string {
  const aki = der.indexOf(Buffer.from('0603551d23', 'hex'));
  // OID, OCTET STRING, SEQUENCE, [0] with 20 octets.
  const keyIdentifier = der.subarray(aki + 11, aki + 31);
  const serial = der.indexOf(Buffer.from('a003020102', 'hex')) + 5;
  const content = der.subarray(serial + 2, serial + 2 + (der[serial + 1] ?? 0));
  return `${keyIdentifier.toString('base64url')}.${content.toString('base64url')}`;
}

async function renewalInfo(certId: string): Promise<TestAnswer> {
  return read(await harness.send({ target: `/acme/renewal-info/${certId}` }));
}

describe('renewalInfo', () => {
  it('is had by GET without a signature, with a window around two thirds of the lifetime', async () => {
    const { der } = await client.issue(['a.fleet.test'], settle);
    const answer = await renewalInfo(certIdFromDer(der));
    const ideal = addSeconds(new Date(NOW), 60 * DAY - 3600 - 1);
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'retry-after': '21600' },
    });
    expect(answer.json).toEqual({
      suggestedWindow: {
        start: addSeconds(ideal, -0.9 * DAY)
          .toISOString()
          .replace('.000', ''),
        end: addSeconds(ideal, 0.9 * DAY)
          .toISOString()
          .replace('.000', ''),
      },
    });
    expect((await harness.send({ method: 'HEAD', target: `/acme/renewal-info/${certIdFromDer(der)}` })).status).toBe(
      200,
    );
  });

  it('is found for serials with the top bit set by their sign octet, and without it not', async () => {
    const withSign = new Set<boolean>();
    for (let round = 0; round < 60 && withSign.size < 2; round += 1) {
      const { der } = await client.issue([`n${round}.fleet.test`], settle);
      const topBit = parseInt(new X509Certificate(der).serialNumber.slice(0, 2), 16) >= 0x80;
      withSign.add(topBit);
      expect((await renewalInfo(certIdFromDer(der))).status).toBe(200);
      if (!topBit) continue;
      const [aki = ''] = certIdFromDer(der).split('.');
      const bare = Buffer.from(new X509Certificate(der).serialNumber, 'hex').toString('base64url');
      expect((await renewalInfo(`${aki}.${bare}`)).status).toBe(404);
    }
    expect(withSign.size).toBe(2);
  });

  it('shows the window that an operator has set, with the explanation', async () => {
    const { der } = await client.issue(['a.fleet.test'], settle);
    const serial = new X509Certificate(der).serialNumber.toLowerCase();
    await harness.store.certificates.setRenewalWindow(serial, {
      start: new Date('2026-02-01T00:00:00Z'),
      end: new Date('2026-02-02T00:00:00Z'),
      explanationUrl: 'https://ca.test/incident',
    });
    expect((await renewalInfo(certIdFromDer(der))).json).toEqual({
      suggestedWindow: { start: '2026-02-01T00:00:00Z', end: '2026-02-02T00:00:00Z' },
      explanationURL: 'https://ca.test/incident',
    });
  });

  it('lies in the past for a revoked certificate', async () => {
    const { der } = await client.issue(['a.fleet.test'], settle);
    await client.post('/acme/revoke-cert', { certificate: base64url(der) });
    const { suggestedWindow } = (await renewalInfo(certIdFromDer(der))).json as { suggestedWindow: { end: string } };
    expect(new Date(suggestedWindow.end) < new Date(NOW)).toBe(true);
  });

  it('is unknown for unknown certificates: 404', async () => {
    expect(await renewalInfo('AAAA.AAAA')).toMatchObject({ status: 404, json: { type: `${ERROR}malformed` } });
  });

  it.each(['AAAA', 'AAAA.AAAA.AAAA', '.AAAA', 'AAAA.'])('refuses %s', async (certId) => {
    expect(await renewalInfo(certId)).toMatchObject({ status: 400, json: { type: `${ERROR}malformed` } });
  });
});

describe('replaces', () => {
  let certId: string;
  beforeEach(async () => {
    certId = certIdFromDer((await client.issue(['a.fleet.test', '*.w.fleet.test'], settle)).der);
  });

  it('is taken, and reflected in the order', async () => {
    const order = await client.order(['a.fleet.test', 'new.fleet.test'], { replaces: certId });
    expect(order).toMatchObject({ status: 201, json: { replaces: certId } });
    expect((await client.get(String(order.headers['location']))).json['replaces']).toBe(certId);
  });

  it('needs a name in common, a wildcard’s included', async () => {
    expect(await client.order(['b.fleet.test'], { replaces: certId })).toMatchObject({
      status: 400,
      json: { type: `${ERROR}malformed`, detail: expect.stringContaining('do not match any identifiers') as string },
    });
    expect((await client.order(['x.w.fleet.test'], { replaces: certId })).status).toBe(201);
  });

  it('needs a certificate of the same account', async () => {
    const other = await harness.client();
    expect(await other.order(['a.fleet.test'], { replaces: certId })).toMatchObject({
      status: 403,
      json: { type: `${ERROR}unauthorized` },
    });
  });

  it('needs a certificate of ours', async () => {
    expect((await client.order(['a.fleet.test'], { replaces: 'AAAA.AAAA' })).status).toBe(404);
    for (const replaces of ['AAAA', 7, '..', 'a.b.c']) {
      expect(await client.order(['a.fleet.test'], { replaces })).toMatchObject({
        status: 400,
        json: { type: `${ERROR}malformed` },
      });
    }
  });

  it('of the very same newOrder gets the same order back', async () => {
    const first = await client.order(['a.fleet.test'], { replaces: certId });
    const again = await client.order(['a.fleet.test'], { replaces: certId });
    expect(again).toMatchObject({ status: 201, headers: { location: first.headers['location'] } });
  });

  it('is refused once another order replaces the certificate: 409', async () => {
    await client.order(['a.fleet.test'], { replaces: certId });
    const answer = await client.order(['a.fleet.test', 'b.fleet.test'], { replaces: certId });
    expect(answer).toMatchObject({ status: 409, json: { type: `${ERROR}alreadyReplaced`, status: 409 } });
    expect((await client.order(['a.fleet.test', 'b.fleet.test'])).status).toBe(201);
  });

  it('is refused after the replacement was issued', async () => {
    await client.issue(['a.fleet.test'], settle, { replaces: certId });
    expect((await client.order(['a.fleet.test'], { replaces: certId })).status).toBe(409);
  });

  it('can be repeated when the replacement came to nothing', async () => {
    harness.validator.fail('b.fleet.test');
    const order = await client.order(['a.fleet.test', 'b.fleet.test'], { replaces: certId });
    await client.solve(order, settle);
    expect((await client.order(['a.fleet.test', 'c.fleet.test'], { replaces: certId })).status).toBe(201);
  });

  it('that is refused with 409 spends no limit', async () => {
    harness = await Harness.start({
      store: harness.store,
      settings: { limits: { newOrdersPerAccount: { burst: 1, count: 1, periodSeconds: DAY } } },
    });
    const again = await harness.newClient();
    again.key = client.key;
    again.kid = client.kid;
    client = again;
    harness.clock.advanceSeconds(1);
    await harness.store.limits.reset([`newOrdersPerAccount:${client.accountUrl.split('/').at(-1) ?? ''}`]);
    await client.order(['a.fleet.test'], { replaces: certId });
    await harness.store.limits.reset([`newOrdersPerAccount:${client.accountUrl.split('/').at(-1) ?? ''}`]);
    expect((await client.order(['a.fleet.test', 'b.fleet.test'], { replaces: certId })).status).toBe(409);
    expect((await client.order(['a.fleet.test', 'b.fleet.test'])).status).toBe(201);
  });
});
