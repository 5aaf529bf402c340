import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';

import * as acme from 'acme-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { RunningSandbox } from '../integration/acme-server/support/running-sandbox.js';

describe('the acme-client package at the sandbox CA', () => {
  let sandbox: RunningSandbox;
  let client: acme.Client;
  let pem: string;

  beforeAll(async () => {
    sandbox = await RunningSandbox.start({
      nonceRejectionPercent: 5,
      externalAccountRequired: true,
      externalAccounts: { 'kid-1': Buffer.alloc(32, 5).toString('base64url') },
    });
    acme.axios.defaults.httpsAgent = new Agent({ ca: await readFile(sandbox.running.files.tlsRoot) });
    client = new acme.Client({
      directoryUrl: sandbox.running.directoryUrl,
      accountKey: await acme.crypto.createPrivateEcdsaKey(),
      externalAccountBinding: { kid: 'kid-1', hmacKey: Buffer.alloc(32, 5).toString('base64url') },
    });
  });
  afterAll(async () => {
    (acme.axios.defaults.httpsAgent as Agent).destroy();
    await sandbox.stop();
  });

  function issue(names: readonly string[]): Promise<string> {
    return acme.crypto.createCsr({ altNames: [...names] }).then(([, csr]) =>
      client.auto({
        csr,
        email: 'ops@fleet.test',
        termsOfServiceAgreed: true,
        challengePriority: ['dns-01'],
        skipChallengeVerification: true,
        challengeCreateFn: async ({ identifier }, _challenge, value) =>
          sandbox.dns.addTxt(`_acme-challenge.${identifier.value}`, value),
        challengeRemoveFn: async ({ identifier }, _challenge, value) =>
          sandbox.dns.removeTxt(`_acme-challenge.${identifier.value}`, value),
      }),
    );
  }

  it('gets a certificate, with an external account', async () => {
    pem = await issue(['a.fleet.test', '*.a.fleet.test', 'b.fleet.test']);
    expect(acme.crypto.splitPemChain(pem)).toHaveLength(2);
    expect(acme.crypto.readCertificateInfo(pem).domains.altNames).toEqual([
      '*.a.fleet.test',
      'a.fleet.test',
      'b.fleet.test',
    ]);
  });

  it('changes its account key, and gets another one', async () => {
    await client.updateAccountKey(await acme.crypto.createPrivateRsaKey());
    const renewed = await issue(['a.fleet.test']);
    expect(acme.crypto.readCertificateInfo(renewed).domains.altNames).toEqual(['a.fleet.test']);
  });

  it('revokes, and is told when that was done already', async () => {
    await client.revokeCertificate(pem, { reason: 4 });
    await expect(client.revokeCertificate(pem)).rejects.toThrow('already revoked');
  });

  it('deactivates an authorization and its account', async () => {
    const order = await client.createOrder({ identifiers: [{ type: 'dns', value: 'c.fleet.test' }] });
    const [authorization] = await client.getAuthorizations(order);
    if (!authorization) throw new Error('the order has no authorization');
    expect(await client.deactivateAuthorization(authorization)).toMatchObject({ status: 'deactivated' });
    expect(await client.getOrder(order)).toMatchObject({ status: 'invalid' });
    expect(await client.updateAccount({ status: 'deactivated' })).toMatchObject({ status: 'deactivated' });
    expect(sandbox.errors).toEqual([]);
  });
});
