import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { checkCsr } from '../../src/issuer/domain/csr-policy.js';
import { readCsr } from '../../src/issuer/domain/csr-reader.js';
import { describeWithPeers, program } from '../support/peers.js';

const NAME = 'k2v7.fleet.test';

describeWithPeers(['openssl'], 'CSRs made by openssl', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fleetcert-csr-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function openssl(...parameters: readonly string[]): string {
    return execFileSync(program('openssl'), parameters, {
      encoding: 'utf8',
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  function request(keyOptions: readonly string[], ...more: readonly string[]): string {
    return openssl('req', '-new', '-nodes', '-keyout', 'key.pem', '-newkey', ...keyOptions, ...more);
  }

  const san = ['-addext', `subjectAltName=DNS:${NAME},DNS:*.${NAME}`];

  it.each<[string, string[], string]>([
    ['P-256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'EC P-256'],
    ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'EC P-384'],
    ['RSA', ['rsa:2048'], 'RSA 2048'],
  ])('are accepted with a key of %s', (_, keyOptions, keyDescription) => {
    const csr = readCsr(request(keyOptions, '-subj', `/O=Fleet/CN=${NAME}`, ...san));
    expect(checkCsr(csr, { deviceName: NAME })).toMatchObject({ keyDescription, names: [`*.${NAME}`, NAME] });
  });

  it('are accepted with the text that -text puts before them', () => {
    const csr = readCsr(request(['rsa:2048'], '-subj', '/', '-text', ...san));
    expect(checkCsr(csr, { deviceName: NAME }).names).toEqual([`*.${NAME}`, NAME]);
  });

  it('are accepted with key usages and a challenge password', () => {
    const usages = ['-addext', 'keyUsage=critical,digitalSignature', '-addext', 'extendedKeyUsage=serverAuth'];
    const csr = readCsr(request(['rsa:2048'], '-subj', `/CN=${NAME}/challengePassword=x`, ...usages));
    expect(checkCsr(csr, { deviceName: NAME }).names).toEqual([NAME]);
  });

  it('are refused with the IP address beside the name, as appliances like to make them', () => {
    const csr = readCsr(request(['rsa:2048'], '-subj', '/', '-addext', `subjectAltName=DNS:${NAME},IP:10.1.1.4`));
    expect(() => checkCsr(csr, { deviceName: NAME })).toThrow(/holds IP addresses/);
  });

  it('are refused with RSA-PSS signatures', () => {
    const csr = readCsr(request(['rsa:2048'], '-subj', '/', '-sigopt', 'rsa_padding_mode:pss', ...san));
    expect(() => checkCsr(csr, { deviceName: NAME })).toThrow(/algorithm 1\.2\.840\.113549\.1\.1\.10/);
  });
});
