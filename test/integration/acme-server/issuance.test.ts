import { KeyObject, X509Certificate } from 'node:crypto';

import { beforeEach, describe, expect, it, vi } from 'vitest';

import { addSeconds } from '../../../src/kernel/clock.js';
import type { CertificateSigner, SigningResult } from '../../../src/acme-server/ports/certificate-signer.js';
import { Harness, NOW } from './support/harness.js';
import { makeCsr, P256, rsa, type CsrWishes } from './support/test-csr.js';
import { base64url, makeKey, type TestAnswer, type TestClient } from './support/test-client.js';

const ERROR = 'urn:ietf:params:acme:error:';
const NAMES = ['a.fleet.test', '*.a.fleet.test'];
const DAY = 86_400;

let harness: Harness;
let client: TestClient;
const settle = (): Promise<void> => harness.server.idle();
beforeEach(async () => {
  harness = await Harness.start();
  client = await harness.client();
});

async function readyOrder(names: readonly string[] = NAMES, more: Record<string, unknown> = {}): Promise<TestAnswer> {
  const order = await client.order(names, more);
  await client.solve(order, settle);
  return order;
}

describe('finalize', () => {
  it('issues: the order is valid and shows where the certificate is', async () => {
    const order = await readyOrder();
    const answer = await client.finalize(order, (await makeCsr({ names: NAMES })).der);
    expect(answer).toMatchObject({ status: 200, headers: { location: order.headers['location'] } });
    expect(answer.json).toMatchObject({
      status: 'valid',
      certificate: expect.stringMatching(/^https:\/\/ca\.test\/acme\/cert\/[0-9a-f]{32}$/) as string,
    });
  });

  it('is refused while the order is pending', async () => {
    const order = await client.order(NAMES);
    const answer = await client.finalize(order, (await makeCsr({ names: NAMES })).der);
    expect(answer).toMatchObject({
      status: 403,
      json: {
        type: `${ERROR}orderNotReady`,
        detail: 'Order\'s status ("pending") is not acceptable for finalization',
      },
    });
  });

  it('is refused for an order that is finalized, also when two come at once', async () => {
    const order = await readyOrder();
    const { der } = await makeCsr({ names: NAMES });
    const answers = await Promise.all([client.finalize(order, der), client.finalize(order, der)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
    expect(await client.finalize(order, der)).toMatchObject({ status: 403, json: { type: `${ERROR}orderNotReady` } });
    expect(await harness.store.counts()).toMatchObject({ certificates: 1 });
  });

  it.each<[string, CsrWishes, string]>([
    ['a name too few', { names: ['a.fleet.test'] }, 'does not specify same identifiers'],
    ['a name too many', { names: [...NAMES, 'b.fleet.test'] }, 'does not specify same identifiers'],
    ['another common name', { names: NAMES, commonName: 'b.fleet.test' }, 'does not specify same identifiers'],
    ['no names', {}, 'at least one identifier'],
    [
      'an IP address',
      { names: NAMES, otherAlternatives: [{ type: 'ip', value: '10.0.0.1' }] },
      'other than DNS names: ip',
    ],
    ['a mail address', { names: NAMES, otherAlternatives: [{ type: 'email', value: 'a@b.test' }] }, 'email'],
    ['a URL', { names: NAMES, otherAlternatives: [{ type: 'url', value: 'https://a' }] }, 'url'],
    ['an IP address as common name', { names: NAMES, commonName: '10.0.0.1' }, 'IP address in Common Name'],
    ['an RSA key of 1024 bits', { names: NAMES, algorithm: rsa(1024) }, 'key size not supported: 1024'],
    ['an RSA key with exponent 3', { names: NAMES, algorithm: rsa(2048, [3]) }, 'exponent should be 65537'],
    ['a P-521 key', { names: NAMES, algorithm: { name: 'ECDSA', namedCurve: 'P-521' } }, 'P-521 not allowed'],
    ['an Ed25519 key', { names: NAMES, algorithm: { name: 'Ed25519' } as never }, 'unsupported key type ed25519'],
    [
      'a SHA-1 signature',
      { names: NAMES, algorithm: rsa(2048, [1, 0, 1], 'SHA-1') },
      'signature algorithm not supported',
    ],
  ])('refuses a CSR with %s', async (_, wishes, detail) => {
    const order = await readyOrder();
    const answer = await client.finalize(order, (await makeCsr(wishes)).der);
    expect(answer).toMatchObject({
      status: 400,
      json: { type: `${ERROR}badCSR`, detail: expect.stringContaining(detail) as string },
    });
    expect((await client.get(String(order.headers['location']))).json['status']).toBe('ready');
  });

  it.each<[string, CsrWishes]>([
    ['the names in another order and case', { names: ['*.A.fleet.test', 'a.FLEET.test'] }],
    ['a common name among them', { names: NAMES, commonName: 'a.fleet.test' }],
    ['RSA 2048', { names: NAMES, algorithm: rsa(2048) }],
    ['P-384', { names: NAMES, algorithm: { ...P256, namedCurve: 'P-384' } }],
  ])('takes a CSR with %s', async (_, wishes) => {
    const order = await readyOrder();
    expect((await client.finalize(order, (await makeCsr(wishes)).der)).json['status']).toBe('valid');
  });

  it('takes a name from the common name alone', async () => {
    const order = await readyOrder(['a.fleet.test']);
    const { der } = await makeCsr({ commonName: 'a.fleet.test' });
    expect((await client.finalize(order, der)).json['status']).toBe('valid');
  });

  it('refuses a CSR whose signature is wrong', async () => {
    const order = await readyOrder();
    const { der } = await makeCsr({ names: NAMES });
    // Inside the signature: the structure stays whole.
    der[der.length - 5] = (der[der.length - 5] ?? 0) ^ 1;
    expect((await client.finalize(order, der)).json).toMatchObject({
      type: `${ERROR}badCSR`,
      detail: 'invalid signature on CSR',
    });
  });

  it('refuses the account’s own key', async () => {
    const { privateKey, jwk } = client.key;
    const subtle = globalThis.crypto.subtle;
    const keys = {
      privateKey: await subtle.importKey('pkcs8', privateKey.export({ format: 'der', type: 'pkcs8' }), P256, true, [
        'sign',
      ]),
      publicKey: await subtle.importKey('jwk', jwk, P256, true, ['verify']),
    };
    const order = await readyOrder();
    expect((await client.finalize(order, (await makeCsr({ names: NAMES, keys })).der)).json).toMatchObject({
      type: `${ERROR}badCSR`,
      detail: 'certificate public key must be different than account key',
    });
  });

  it.each<[string, unknown, string]>([
    ['no CSR', {}, 'malformed'],
    ['a CSR that is a number', { csr: 7 }, 'malformed'],
    ['a CSR with padding', { csr: `${base64url('MIIB')}=` }, 'malformed'],
    ['PEM', { csr: '-----BEGIN CERTIFICATE REQUEST-----' }, 'malformed'],
    ['something else', { csr: base64url('something else') }, 'badCSR'],
    ['nothing', { csr: '' }, 'badCSR'],
    ['16 KiB and more', { csr: base64url(Buffer.alloc(16_385, 0x30)) }, 'badCSR'],
    ['nested sequences without end', { csr: base64url(Buffer.alloc(16_000, Buffer.from('3080', 'hex'))) }, 'badCSR'],
  ])('refuses %s', async (_, payload, type) => {
    const order = await readyOrder();
    expect(await client.post(String(order.json['finalize']), payload)).toMatchObject({
      status: 400,
      json: { type: ERROR + type },
    });
  });

  it('looks at CAA again when the validation is hours old', async () => {
    harness = await Harness.start({
      settings: {
        profiles: {
          classic: {
            description: '',
            lifetimeSeconds: 90 * DAY,
            maxNames: 100,
            legacyFields: true,
            orderSeconds: 7 * DAY,
            pendingAuthorizationSeconds: 7 * DAY,
            authorizationReuseSeconds: 30 * DAY,
          },
        },
      },
    });
    client = await harness.client();
    const order = await readyOrder(['a.fleet.test']);
    harness.clock.advanceSeconds(7 * 3600);
    harness.validator.caaOutcomes.set('a.fleet.test', { valid: false, problem: { type: 'caa', detail: 'forbidden' } });
    const { der } = await makeCsr({ names: ['a.fleet.test'] });
    expect(await client.finalize(order, der)).toMatchObject({
      status: 403,
      json: { type: `${ERROR}caa`, detail: 'Error finalizing order :: forbidden' },
    });
    harness.validator.caaOutcomes.clear();
    expect((await client.finalize(order, der)).json['status']).toBe('valid');
  });
});

describe('a certificate', () => {
  it('is for the names and the key of the CSR, for TLS servers only', async () => {
    const { der, csr } = await client.issue(NAMES, settle);
    const certificate = new X509Certificate(der);
    expect(certificate.subjectAltName).toBe('DNS:*.a.fleet.test, DNS:a.fleet.test');
    expect(certificate.subject).toBe('CN=*.a.fleet.test');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.ca).toBe(false);
    const spki = await globalThis.crypto.subtle.exportKey('spki', csr.keys.publicKey);
    expect(certificate.publicKey.export({ format: 'der', type: 'spki' })).toEqual(Buffer.from(spki));
  });

  it('is valid from an hour ago for the time of its profile', async () => {
    const lifetimes = { classic: 90 * DAY, tlsserver: 45 * DAY, shortlived: 160 * 3600 };
    for (const [profile, seconds] of Object.entries(lifetimes)) {
      const certificate = new X509Certificate((await client.issue(['a.fleet.test'], settle, { profile })).der);
      expect(new Date(certificate.validFrom)).toEqual(addSeconds(new Date(NOW), -3600));
      expect(new Date(certificate.validTo)).toEqual(addSeconds(new Date(NOW), -3600 + seconds - 1));
    }
  });

  it('has no common name under the profiles for TLS servers', async () => {
    const { der } = await client.issue(['a.fleet.test'], settle, { profile: 'tlsserver' });
    expect(new X509Certificate(der).subject).toBeUndefined();
  });

  it('has no common name when no name is short enough', async () => {
    const name = `${'a'.repeat(60)}.fleet.test`;
    expect(new X509Certificate((await client.issue([name], settle)).der).subject).toBeUndefined();
  });

  it('comes with its chain as PEM, leaf first, and a link to the other chain', async () => {
    const { url } = await client.issue(NAMES, settle);
    const answer = await client.get(url);
    expect(answer.headers['content-type']).toBe('application/pem-certificate-chain');
    expect(answer.headers['link']).toContain(`<${url}/1>;rel="alternate"`);
    expect(answer.text).toMatch(
      /^(-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE-----\n){2}$/,
    );

    const alternate = await client.get(`${url}/1`);
    expect(alternate.headers['link']).toContain(`<${url}>;rel="alternate"`);
    const [leaf, intermediate] = splitChain(answer.text);
    const [sameLeaf, crossSigned] = splitChain(alternate.text);
    expect(sameLeaf?.raw).toEqual(leaf?.raw);
    expect(leaf?.checkIssued(intermediate as X509Certificate)).toBe(true);
    expect(leaf?.checkIssued(crossSigned as X509Certificate)).toBe(true);
    expect(crossSigned?.issuer).not.toBe(intermediate?.issuer);
  });

  it('is read with POST-as-GET, by its account, by its serial and chain', async () => {
    const { url } = await client.issue(NAMES, settle);
    expect((await client.post(url, {})).status).toBe(400);
    expect((await client.get(`${url}/2`)).status).toBe(404);
    expect((await client.get(`${url}/x`)).status).toBe(404);
    expect((await client.get('/acme/cert/00')).status).toBe(404);
    expect((await (await harness.client()).get(url)).status).toBe(403);
  });
});

describe('a signer that takes its time', () => {
  class SlowSigner implements CertificateSigner {
    readonly asked: string[] = [];
    result: SigningResult | (() => Promise<SigningResult>) = { status: 'pending', retryAfterSeconds: 900 };

    async sign({ orderId }: { orderId: string }): Promise<SigningResult> {
      this.asked.push(orderId);
      return typeof this.result === 'function' ? this.result() : this.result;
    }

    async revoke(): Promise<void> {
      return undefined;
    }
  }

  let signer: SlowSigner;
  let order: TestAnswer;
  let answer: TestAnswer;
  beforeEach(async () => {
    signer = new SlowSigner();
    harness = await Harness.start({ signer, settings: { signingPatienceSeconds: 0.05 } });
    client = await harness.client();
    order = await readyOrder(['a.fleet.test']);
  });

  const finalize = async (): Promise<TestAnswer> =>
    client.finalize(order, (await makeCsr({ names: ['a.fleet.test'] })).der);
  const poll = (): Promise<TestAnswer> => client.get(String(order.headers['location']));
  const issued = {
    status: 'issued',
    certificate: {
      id: 'c0ffee',
      certId: 'aki.wP_u',
      names: ['a.fleet.test'],
      der: Uint8Array.from([0x30, 0]),
      issuerChains: ['chain\n'],
      notBefore: new Date(NOW),
      notAfter: addSeconds(new Date(NOW), DAY),
      keyHash: 'hash',
    },
  } as const;

  it('leaves the order processing, with its own Retry-After', async () => {
    answer = await finalize();
    expect(answer).toMatchObject({ status: 200, json: { status: 'processing' }, headers: { 'retry-after': '900' } });
    expect(await poll()).toMatchObject({ json: { status: 'processing' }, headers: { 'retry-after': '900' } });
    expect(signer.asked).toHaveLength(2);
  });

  it('issues when it is asked again hours later, though the authorization has expired', async () => {
    await finalize();
    harness.clock.advanceSeconds(20 * DAY);
    signer.result = issued;
    answer = await poll();
    expect(answer.json).toMatchObject({ status: 'valid', certificate: 'https://ca.test/acme/cert/c0ffee' });
    expect(answer.headers['retry-after']).toBeUndefined();
  });

  it('makes the order invalid when it refuses', async () => {
    signer.result = { status: 'refused', problem: { type: 'caa', detail: 'not by us' } };
    answer = await finalize();
    expect(answer.json).toMatchObject({ status: 'invalid', error: { type: `${ERROR}caa`, detail: 'not by us' } });
  });

  it('does not hold the answer up, and is asked by one request at a time', async () => {
    const { promise, resolve } = Promise.withResolvers<SigningResult>();
    signer.result = () => promise;
    expect((await finalize()).json['status']).toBe('processing');
    expect((await poll()).json['status']).toBe('processing');
    expect(signer.asked).toHaveLength(1);
    resolve(issued);
    await settle();
    expect((await poll()).json['status']).toBe('valid');
  });

  it('is asked again when it failed', async () => {
    signer.result = () => Promise.reject(new Error('key store locked'));
    expect(await finalize()).toMatchObject({ status: 200, json: { status: 'processing' } });
    expect(harness.errors.map(({ message }) => message)).toEqual([expect.stringContaining('signing for order')]);
    signer.result = issued;
    expect((await poll()).json['status']).toBe('valid');
  });

  it('is asked again by another process when the one that asked is gone', async () => {
    await finalize();
    const id = String(order.headers['location']).split('/').at(-1) ?? '';
    await harness.store.orders.claimSigning(id, harness.clock.now(), 60);
    await poll();
    expect(signer.asked).toHaveLength(1);
    harness.clock.advanceSeconds(60);
    await poll();
    expect(signer.asked).toHaveLength(2);
  });
});

describe('revokeCert', () => {
  const REVOKE = '/acme/revoke-cert';
  let der: Buffer;
  let serial: string;
  let certificateKey: Awaited<ReturnType<typeof makeKey>>;
  beforeEach(async () => {
    const issued = await client.issue(['a.fleet.test'], settle);
    der = issued.der;
    serial = new X509Certificate(der).serialNumber.toLowerCase();
    const { subtle } = globalThis.crypto;
    const { kty, crv, x, y } = (await subtle.exportKey('jwk', issued.csr.keys.publicKey)) as Record<string, string>;
    certificateKey = {
      alg: 'ES256',
      privateKey: KeyObject.from(issued.csr.keys.privateKey),
      jwk: { kty: kty ?? '', crv: crv ?? '', x: x ?? '', y: y ?? '' },
    };
  });

  const payload = (reason?: unknown): Record<string, unknown> => ({
    certificate: base64url(der),
    ...(reason === undefined ? {} : { reason }),
  });
  const revoked = async (): Promise<unknown> => (await harness.store.certificates.find(serial))?.revoked;

  it('is for the account that ordered the certificate, with its reason', async () => {
    const answer = await client.post(REVOKE, payload(4));
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(await revoked()).toEqual({ at: new Date(NOW), reason: 4 });
  });

  it('is for the certificate’s key: recorded as compromised, and the key is refused for ever', async () => {
    const stranger = await harness.newClient();
    const answer = await stranger.post(REVOKE, payload(), { withJwk: true, key: certificateKey });
    expect(answer.status).toBe(200);
    expect(await revoked()).toMatchObject({ reason: 1 });

    const { subtle } = globalThis.crypto;
    const keys = {
      privateKey: await subtle.importKey(
        'pkcs8',
        certificateKey.privateKey.export({ format: 'der', type: 'pkcs8' }),
        P256,
        true,
        ['sign'],
      ),
      publicKey: await subtle.importKey('jwk', certificateKey.jwk, P256, true, ['verify']),
    };
    const order = await readyOrder(['a.fleet.test']);
    expect((await client.finalize(order, (await makeCsr({ names: ['a.fleet.test'], keys })).der)).json).toMatchObject({
      type: `${ERROR}badCSR`,
      detail: expect.stringContaining('reported as compromised') as string,
    });

    stranger.key = certificateKey;
    expect(await stranger.register()).toMatchObject({ status: 400, json: { type: `${ERROR}badPublicKey` } });
  });

  it('is for who holds authorizations for all its names: recorded as ceased', async () => {
    const other = await harness.client();
    expect(await other.post(REVOKE, payload(1))).toMatchObject({ status: 403, json: { type: `${ERROR}unauthorized` } });
    const order = await other.order(['a.fleet.test', 'other.fleet.test']);
    await other.solve(order, settle);
    expect((await other.post(REVOKE, payload(1))).status).toBe(200);
    expect(await revoked()).toMatchObject({ reason: 5 });
  });

  it('is refused for another key', async () => {
    const stranger = await harness.newClient();
    const answer = await stranger.post(REVOKE, payload(), { withJwk: true });
    expect(answer).toMatchObject({ status: 403, json: { type: `${ERROR}unauthorized` } });
    expect(await revoked()).toBeUndefined();
  });

  it('is done once', async () => {
    await client.post(REVOKE, payload());
    const answer = await client.post(REVOKE, payload());
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}alreadyRevoked` } });
  });

  it.each([2, 3, 6, 7, 8, 10, -1, 1.5, 'superseded', null])('refuses the reason %s', async (reason) => {
    const answer = await client.post(REVOKE, payload(reason));
    expect(answer).toMatchObject({ status: 400, json: { type: `${ERROR}badRevocationReason` } });
    expect(await revoked()).toBeUndefined();
  });

  it('is refused for certificates that are not ours', async () => {
    const elsewhere = await Harness.start();
    const other = await elsewhere.client();
    const theirs = await other.issue(['a.fleet.test'], () => elsewhere.server.idle());
    const answer = await client.post(REVOKE, { certificate: base64url(theirs.der) });
    expect(answer).toMatchObject({ status: 404, json: { type: `${ERROR}malformed` } });
  });

  it('is refused for a certificate that was tampered with', async () => {
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
    expect((await client.post(REVOKE, payload())).status).toBe(404);
  });

  it.each([undefined, 7, '', 'AAAA', '====', base64url('no certificate')])(
    'refuses %j for a certificate',
    async (certificate) => {
      expect(await client.post(REVOKE, { certificate })).toMatchObject({
        status: 400,
        json: { type: `${ERROR}malformed` },
      });
    },
  );

  it('is refused when the certificate has expired', async () => {
    harness.clock.advanceSeconds(91 * DAY);
    expect((await client.post(REVOKE, payload())).status).toBe(403);
  });

  it('reaches the signer too', async () => {
    const revoke = vi.fn<CertificateSigner['revoke']>(async () => undefined);
    harness = await Harness.start({
      store: harness.store,
      signer: { sign: () => Promise.reject(new Error('not asked')), revoke },
    });
    const again = await harness.newClient();
    again.key = client.key;
    again.kid = client.kid;
    expect((await again.post(REVOKE, payload(5))).status).toBe(200);
    expect(revoke).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: serial }), 5);
  });
});

function splitChain(pem: string): X509Certificate[] {
  return pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((block) => block.includes('BEGIN'))
    .map((block) => new X509Certificate(block));
}
