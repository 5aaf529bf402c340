import { X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  aCertificate,
  pemOf,
  spkiSha256Of,
  type CertificateParts,
  type Holder,
} from '../../../test/support/certificate-builder.js';
import { CertificateMismatchError, checkCertificate, type CertificateFacts } from './certificate-check.js';

const NAME = 'k2v7.fleet.test';
const now = new Date('2026-03-01T12:00:00Z');
const notBefore = new Date('2026-03-01T11:00:00Z');
const notAfter = new Date('2026-05-30T11:00:00Z');

let root: Holder;
let intermediate: Holder;
let leaf: Holder;

beforeAll(async () => {
  root = await aCertificate({ subject: 'CN=Root', ca: true });
  intermediate = await aCertificate({ subject: 'CN=R11, O=Test CA, C=US', ca: true, issuer: root });
  leaf = await aLeaf();
});

function aLeaf(parts: CertificateParts = {}): Promise<Holder> {
  return aCertificate({ issuer: intermediate, dnsNames: [NAME], notBefore, notAfter, ...parts });
}

function check(chain: readonly Holder[], names: readonly string[] = [NAME], key = chain[0]!): CertificateFacts {
  return checkCertificate(pemOf(...chain), { spkiSha256: spkiSha256Of(key), names }, now);
}

describe('checkCertificate', () => {
  it('gives the facts of a chain that is as ordered', async () => {
    const signed = await aLeaf({ serial: '00876543210fedcba9', authorityKeyIdentifier: '0102030405' });
    const x509 = new X509Certificate(Buffer.from(signed.certificate.rawData));
    expect(check([signed, intermediate])).toEqual({
      pem: pemOf(signed, intermediate),
      der: new Uint8Array(signed.certificate.rawData),
      serial: '00876543210fedcba9',
      sha256: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
      notBefore,
      notAfter,
      names: [NAME],
      issuer: 'C=US, O=Test CA, CN=R11',
      akiHex: '0102030405',
      ariCertId: 'AQIDBAU.AIdlQyEP7cup',
    });
    // The trap that the leading 00 of `serial` is kept against.
    expect(x509.serialNumber).toBe('876543210FEDCBA9');
  });

  it('leaves the root out, and text around the certificates', () => {
    const text = pemOf(leaf, intermediate, root)
      .replaceAll('\n', '\r\n')
      .replaceAll('-----BEGIN', 'subject=x\n-----BEGIN');
    const facts = checkCertificate(text, { spkiSha256: spkiSha256Of(leaf), names: [NAME] }, now);
    expect(facts.pem).toBe(pemOf(leaf, intermediate));
  });

  it('takes names in any order and letter case', async () => {
    const both = await aLeaf({ dnsNames: [`*.${NAME}`, NAME.toUpperCase()] });
    expect(check([both, intermediate], [NAME, `*.${NAME}`]).names).toEqual([`*.${NAME}`, NAME]);
  });

  it('takes a start up to an hour ahead, for clocks differ', async () => {
    const early = await aLeaf({ notBefore: new Date(now.getTime() + 3_599_000) });
    expect(check([early, intermediate]).notBefore).toEqual(new Date(now.getTime() + 3_599_000));
  });

  it('takes an intermediate that has expired: cross signatures do', async () => {
    const expired = await aCertificate({ subject: 'CN=Old', ca: true, issuer: root, notBefore, notAfter: notBefore });
    expect(check([await aLeaf({ issuer: expired }), expired]).names).toEqual([NAME]);
  });

  it('has no ARI certID without an authority key identifier', async () => {
    const facts = check([await aLeaf({ authorityKeyIdentifier: null }), intermediate]);
    expect(facts).not.toHaveProperty('ariCertId');
    expect(facts).not.toHaveProperty('akiHex');
  });
});

describe('checkCertificate refuses', () => {
  it.each<[string, CertificateParts, RegExp]>([
    ['another name', { dnsNames: ['other.fleet.test'] }, /is for other\.fleet\.test; k2v7\.fleet\.test was ordered/],
    ['a name too many', { dnsNames: [NAME, `*.${NAME}`] }, /is for \*\.k2v7\.fleet\.test, k2v7\.fleet\.test; /],
    ['no name', { dnsNames: [] }, /is for no name; /],
    ['an IP address beside the name', { otherNames: [{ type: 'ip', value: '10.0.0.1' }] }, /that are not DNS names; /],
    ['a CA as the leaf', { ca: true, serverAuth: true }, /is that of a CA/],
    ['a leaf that is not for servers', { serverAuth: false }, /lacks serverAuth/],
    ['a start in two hours', { notBefore: new Date('2026-03-01T14:00:00Z') }, /not valid before 2026-03-01T14:00:00/],
    ['one that expires now', { notAfter: now }, /expired at 2026-03-01T12:00:00/],
    ['a lifetime of 20 years', { notAfter: new Date('2046-01-01T00:00:00Z') }, /which cannot be meant/],
    ['the signature of another CA', { issuer: undefined, subject: 'CN=self' }, /Certificate 1 .* is not signed by/],
  ])('%s', async (_, parts, sentence) => {
    const holder = await aLeaf(parts);
    expect(() => check([holder, intermediate])).toThrow(CertificateMismatchError);
    expect(() => check([holder, intermediate])).toThrow(sentence);
  });

  it('another key than the CSR has', () => {
    expect(() => check([leaf, intermediate], [NAME], root)).toThrow(/for another key/);
  });

  it('a name too few', () => {
    expect(() => check([leaf, intermediate], [NAME, `*.${NAME}`])).toThrow(/is for k2v7\.fleet\.test; /);
  });

  it('a chain without an intermediate, and with the root alone', async () => {
    expect(() => check([leaf])).toThrow(/holds no intermediate/);
    expect(() => check([leaf, root])).toThrow(/holds no intermediate/);
  });

  it('a chain in the wrong order', async () => {
    const second = await aCertificate({ subject: 'CN=Second', ca: true, issuer: intermediate });
    const below = await aLeaf({ issuer: second });
    expect(check([below, second, intermediate]).names).toEqual([NAME]);
    expect(() => check([below, intermediate, second])).toThrow(/Certificate 1 .* is not signed by certificate 2/);
  });

  it('an issuer of the right name with another key', async () => {
    const impostor = await aCertificate({ subject: 'CN=R11, O=Test CA, C=US', ca: true, issuer: root });
    expect(() => check([leaf, impostor])).toThrow(/is not signed by/);
  });

  it('an issuer that is not a CA', async () => {
    const notCa = await aCertificate({ subject: 'CN=Not a CA', issuer: root });
    const below = await aLeaf({ issuer: notCa });
    expect(() => check([below, notCa])).toThrow(/Certificate 2 .* is not that of a CA/);
  });

  it.each([
    ['nothing', ''],
    ['a page of HTML', '<html>503</html>'],
  ])('%s', (_, text) => {
    expect(() => checkCertificate(text, { spkiSha256: '', names: [] }, now)).toThrow(/without a certificate/);
  });

  it('a chain of eleven', () => {
    const chain = Array.from({ length: 11 }, () => intermediate);
    expect(() => check(chain)).toThrow(/chain of 11 certificates/);
  });

  it('every leaf that was changed in one octet, by its own error', () => {
    const der = Buffer.from(leaf.certificate.rawData);
    const expected = { spkiSha256: spkiSha256Of(leaf), names: [NAME] };
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (position, difference) => {
        const changed = Buffer.from(der);
        changed[position]! ^= difference;
        const pem = `-----BEGIN CERTIFICATE-----\n${changed.toString('base64')}\n-----END CERTIFICATE-----\n`;
        expect(() => checkCertificate(pem + pemOf(intermediate), expected, now)).toThrow(CertificateMismatchError);
      }),
      { numRuns: 1000 },
    );
  });
});
