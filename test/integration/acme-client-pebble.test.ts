import { X509Certificate, createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { accountPublicKeyDer, generateAccountKey } from '../../src/issuer/acme/account-key.js';
import { AcmeAccounts } from '../../src/issuer/acme/acme-accounts.js';
import { AcmeClientCa } from '../../src/issuer/acme/acme-client-ca.js';
import { AcmeConnections } from '../../src/issuer/acme/acme-connections.js';
import { checkCertificate } from '../../src/issuer/domain/certificate-check.js';
import { checkCsr } from '../../src/issuer/domain/csr-policy.js';
import { readCsr } from '../../src/issuer/domain/csr-reader.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { aCsr } from '../support/csr-builder.js';
import { issueCertificate } from '../support/issue-certificate.js';
import { startPebble, type Pebble } from '../support/pebble.js';
import { describeWithPeers } from '../support/peers.js';
import { startTxtServer, type TxtServer } from '../support/txt-server.js';

const clock = new SystemClock();

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

describeWithPeers(['pebble'], 'the ACME client against Pebble with its default nonce rejection', () => {
  let dns: TxtServer;
  let pebble: Pebble;
  let connections: AcmeConnections;
  let accounts: AcmeAccounts;
  let ca: AcmeClientCa;
  const accountKeyPem = generateAccountKey();

  beforeAll(async () => {
    dns = await startTxtServer();
    pebble = await startPebble({ dnsServer: dns.address, alternateRoots: 1, authorizationReusePercent: 0 });
    connections = new AcmeConnections(clock, { caFile: pebble.caFile });
    accounts = new AcmeAccounts(connections);
    const { accountUrl } = await accounts.register({
      directoryUrl: pebble.directoryUrl,
      accountKeyPem,
      contact: ['ops@example.com'],
      termsOfServiceAgreed: true,
    });
    ca = new AcmeClientCa(connections.to(pebble.directoryUrl), { accountUrl, accountKeyPem });
  });

  afterAll(async () => {
    connections?.close();
    await pebble?.stop();
    await dns?.stop();
  });

  it('issues a certificate that is as ordered, and has its TXT asked for', async () => {
    const deviceName = 'k2v7.fleet.test';
    const names = [`*.${deviceName}`, deviceName];
    const csr = checkCsr(readCsr(aCsr({ key: newKey(), altNames: { dns: names } })), { deviceName });
    const { pem, order } = await issueCertificate(ca, { names: csr.names, csrDer: csr.der, records: dns });
    expect(dns.asked).toContain(`_acme-challenge.${deviceName}`);
    expect(order).toMatchObject({ status: 'valid', names: expect.arrayContaining(names) as string[] });
    expect(order.url).toMatch(/^https:\/\/127\.0\.0\.1/);

    const facts = checkCertificate(pem, csr, clock.now());
    expect(facts.names).toEqual(names);
    expect(facts.sha256).toBe(createHash('sha256').update(new X509Certificate(pem).raw).digest('hex'));
    expect(await pebble.certificateStatus(facts.serial)).toMatchObject({ Status: 'Valid' });
    const root = new X509Certificate(await pebble.rootPem());
    const last = facts.pem.slice(facts.pem.lastIndexOf('-----BEGIN'));
    expect(new X509Certificate(last).verify(root.publicKey)).toBe(true);

    const { alternateUrls } = await ca.downloadCertificate(order.certificateUrl!);
    expect(alternateUrls).toHaveLength(1);
    const alternate = await ca.downloadCertificate(alternateUrls[0]!);
    expect(checkCertificate(alternate.pem, csr, clock.now()).sha256).toBe(facts.sha256);
    expect(alternate.pem).not.toBe(pem);
  });

  it('issues 50 at once, each of another serial, and keeps the nonces of the last answers', async () => {
    const nonces = connections.to(pebble.directoryUrl).nonces;
    const serials = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const deviceName = `d${index}.fleet.test`;
        const csr = checkCsr(readCsr(aCsr({ key: newKey(), altNames: { dns: [deviceName] } })), { deviceName });
        const { pem } = await issueCertificate(ca, { names: csr.names, csrDer: csr.der, records: dns });
        return checkCertificate(pem, csr, clock.now()).serial;
      }),
    );
    expect(new Set(serials).size).toBe(50);
    expect(nonces.size).toBeGreaterThan(0);
  }, 60_000);

  it("reads the pending authorization of an order, and its failure in the CA's own words", async () => {
    const order = await ca.newOrder({ names: ['nothing.fleet.test'] });
    expect(order).toMatchObject({ status: 'pending', names: ['nothing.fleet.test'] });
    expect(order.expires!.getTime()).toBeGreaterThan(Date.now());
    const pending = await ca.getAuthorization(order.authorizationUrls[0]!);
    expect(pending).toMatchObject({ status: 'pending', name: 'nothing.fleet.test', wildcard: false });
    expect(pending.dnsChallenge).toMatchObject({
      status: 'pending',
      txtValue: expect.stringMatching(/^[\w-]{43}$/) as string,
    });

    await ca.completeChallenge(pending.dnsChallenge!.url);
    await expect
      .poll(() => ca.getAuthorization(order.authorizationUrls[0]!), { timeout: 10_000 })
      .toMatchObject({
        status: 'invalid',
        dnsChallenge: {
          status: 'invalid',
          error: { type: 'unauthorized', detail: expect.stringMatching(/TXT/) as string },
        },
      });
    expect((await ca.getOrder(order.url)).status).toBe('invalid');
  });

  it('marks the authorization of a wildcard and names it without the star', async () => {
    const order = await ca.newOrder({ names: ['*.w.fleet.test'] });
    expect(order.names).toEqual(['*.w.fleet.test']);
    expect(await ca.getAuthorization(order.authorizationUrls[0]!)).toMatchObject({
      name: 'w.fleet.test',
      wildcard: true,
    });
  });

  it('deactivates an authorization', async () => {
    const order = await ca.newOrder({ names: ['away.fleet.test'] });
    await ca.deactivateAuthorization(order.authorizationUrls[0]!);
    expect((await ca.getAuthorization(order.authorizationUrls[0]!)).status).toBe('deactivated');
  });

  it('revokes with a reason, and once more without complaint', async () => {
    const deviceName = 'revoked.fleet.test';
    const csr = checkCsr(readCsr(aCsr({ key: newKey(), altNames: { dns: [deviceName] } })), { deviceName });
    const { pem } = await issueCertificate(ca, { names: csr.names, csrDer: csr.der, records: dns });
    const { der, serial } = checkCertificate(pem, csr, clock.now());
    await ca.revokeCertificate(der, 4);
    expect(await pebble.certificateStatus(serial)).toMatchObject({ Status: 'Revoked', Reason: 4 });
    await expect(ca.revokeCertificate(der, 4)).resolves.toBeUndefined();
  });

  it('gives the refusal of a CSR as the CA words it', async () => {
    const order = await ca.newOrder({ names: ['early.fleet.test'] });
    await expect(
      ca.finalize(order.finalizeUrl, aCsr({ altNames: { dns: ['early.fleet.test'] } })),
    ).rejects.toMatchObject({
      name: 'AcmeProblemError',
      status: 403,
      problem: { type: 'orderNotReady', detail: expect.stringMatching(/\w/) as string },
    });
  });

  it('has no renewal information where the CA has no ARI, and sends it no `replaces`', async () => {
    expect(await ca.renewalInfo('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')).toBeUndefined();
    expect(await ca.directory()).toMatchObject({ supportsRenewalInfo: false, externalAccountRequired: false });
    expect((await ca.newOrder({ names: ['r.fleet.test'], replaces: 'aYhb.AIdl', profile: 'default' })).status).toBe(
      'pending',
    );
  });

  it('registers one account a key, however often', async () => {
    const registration = { directoryUrl: pebble.directoryUrl, accountKeyPem, termsOfServiceAgreed: true };
    expect(await accounts.register(registration)).toMatchObject({
      accountUrl: ca.accountUrl,
      status: 'valid',
      contact: ['mailto:ops@example.com'],
    });
  });

  it('finds no account for a key that has none', async () => {
    const directoryUrl = pebble.directoryUrl;
    expect(await accounts.find({ directoryUrl, accountKeyPem: generateAccountKey() })).toBeUndefined();
  });

  it('passes on that the terms of service must be agreed to', async () => {
    const refused = accounts.register({
      directoryUrl: pebble.directoryUrl,
      accountKeyPem: generateAccountKey(),
      termsOfServiceAgreed: false,
    });
    await expect(refused).rejects.toMatchObject({ name: 'AcmeProblemError', problem: { type: 'agreementRequired' } });
  });

  it('changes the key of an account, keeps its URL, and may be repeated', async () => {
    const directoryUrl = pebble.directoryUrl;
    const old = generateAccountKey();
    const { accountUrl } = await accounts.register({ directoryUrl, accountKeyPem: old, termsOfServiceAgreed: true });
    const next = generateAccountKey();
    const change = { directoryUrl, accountUrl, accountKeyPem: old, newAccountKeyPem: next };
    await accounts.changeKey(change);
    await expect(accounts.changeKey(change)).resolves.toBeUndefined();

    expect(await accounts.find({ directoryUrl, accountKeyPem: next })).toMatchObject({ accountUrl });
    expect(await accounts.find({ directoryUrl, accountKeyPem: old })).toBeUndefined();
    const rolled = new AcmeClientCa(connections.to(directoryUrl), { accountUrl, accountKeyPem: next });
    expect((await rolled.newOrder({ names: ['rolled.fleet.test'] })).status).toBe('pending');
  });

  it('does not change to the key of another account', async () => {
    const directoryUrl = pebble.directoryUrl;
    const mine = generateAccountKey();
    const { accountUrl } = await accounts.register({ directoryUrl, accountKeyPem: mine, termsOfServiceAgreed: true });
    const change = { directoryUrl, accountUrl, accountKeyPem: mine, newAccountKeyPem: accountKeyPem };
    // That the key is another account's is no proof that nobody needs it.
    await expect(accounts.changeKey(change)).rejects.toMatchObject({ name: 'AcmeProblemError' });
    expect(await accounts.find({ directoryUrl, accountKeyPem: mine })).toMatchObject({ accountUrl });
    expect(await accounts.find({ directoryUrl, accountKeyPem })).toMatchObject({ accountUrl: ca.accountUrl });
  });

  it('deactivates an account, which then gets no order', async () => {
    const directoryUrl = pebble.directoryUrl;
    const key = generateAccountKey();
    const { accountUrl } = await accounts.register({ directoryUrl, accountKeyPem: key, termsOfServiceAgreed: true });
    await accounts.deactivate({ directoryUrl, accountKeyPem: key, accountUrl });
    const ended = new AcmeClientCa(connections.to(directoryUrl), { accountUrl, accountKeyPem: key });
    await expect(ended.newOrder({ names: ['x.fleet.test'] })).rejects.toMatchObject({
      problem: { type: 'unauthorized' },
    });
  });

  it.each([
    ['EC P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EC P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ])('signs with an %s account key', async (_, generate) => {
    const key = { directoryUrl: pebble.directoryUrl, accountKeyPem: pkcs8(generate().privateKey) };
    const { accountUrl } = await accounts.register({ ...key, termsOfServiceAgreed: true });
    expect(await accounts.find(key)).toMatchObject({ accountUrl });
  });

  it('does not trust the CA without its root', async () => {
    const strangers = new AcmeConnections(clock);
    await expect(strangers.to(pebble.directoryUrl).directory()).rejects.toMatchObject({
      name: 'AcmeUnreachableError',
      message: expect.stringMatching(/TLS certificate is not trusted .*FLEETCERT_ACME_CA_FILE/) as string,
    });
    strangers.close();
  });

  it("makes account keys whose public part is comparable with a CSR's", () => {
    const spki = createHash('sha256').update(accountPublicKeyDer(accountKeyPem)).digest('hex');
    expect(spki).toMatch(/^[0-9a-f]{64}$/);
    expect(generateAccountKey()).not.toBe(generateAccountKey());
  });
});

describeWithPeers(['pebble'], 'external account binding with Pebble', () => {
  const hmacKey = Buffer.alloc(32, 7).toString('base64url');
  let pebble: Pebble;
  let connections: AcmeConnections;

  beforeAll(async () => {
    pebble = await startPebble({ externalAccounts: { 'kid-1': hmacKey } });
    connections = new AcmeConnections(clock, { caFile: pebble.caFile });
  });

  afterAll(async () => {
    connections?.close();
    await pebble?.stop();
  });

  function register(eab?: { kid: string; hmacKey: string }) {
    return new AcmeAccounts(connections).register({
      directoryUrl: pebble.directoryUrl,
      accountKeyPem: generateAccountKey(),
      termsOfServiceAgreed: true,
      ...(eab && { eab }),
    });
  }

  it('is announced by the directory', async () => {
    expect((await connections.to(pebble.directoryUrl).directory()).meta.externalAccountRequired).toBe(true);
  });

  it('is made with the key in base64url and in base64', async () => {
    expect((await register({ kid: 'kid-1', hmacKey })).status).toBe('valid');
    const base64 = Buffer.alloc(32, 7).toString('base64');
    expect((await register({ kid: 'kid-1', hmacKey: base64 })).status).toBe('valid');
  });

  it.each([
    ['missing', undefined, 'externalAccountRequired'],
    ['of an unknown kid', { kid: 'kid-2', hmacKey }, 'unauthorized'],
    ['of the wrong key', { kid: 'kid-1', hmacKey: Buffer.alloc(32, 8).toString('base64url') }, 'unauthorized'],
  ])('is refused by the CA when it is %s', async (_, eab, type) => {
    await expect(register(eab)).rejects.toMatchObject({ name: 'AcmeProblemError', problem: { type } });
  });
});
