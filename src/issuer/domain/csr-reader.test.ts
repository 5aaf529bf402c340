import { webcrypto } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  aCsr,
  basicConstraints,
  commonName,
  extension,
  extensionRequest,
  sequence,
  subjectAltName,
  tlv,
  toPem,
} from '../../../test/support/csr-builder.js';
import { DomainError } from '../../kernel/errors.js';
import { MAX_CSR_BYTES, readCsr } from './csr-reader.js';

const NAME = 'k2v7.fleet.test';
const der = aCsr({ altNames: { dns: [NAME] } });

/** `read`, or the sentence of the refusal. Any other error goes on. */
function outcomeOf(input: string | Uint8Array): string {
  try {
    readCsr(input);
    return 'read';
  } catch (error) {
    if (error instanceof DomainError && error.code === 'csr_rejected') return error.detail;
    throw error;
  }
}

describe('readCsr', () => {
  const base64 = der.toString('base64');
  it.each([
    ['PEM', toPem(der)],
    ['PEM with the old label', toPem(der, 'NEW CERTIFICATE REQUEST')],
    ['PEM with CRLF', toPem(der, 'CERTIFICATE REQUEST', '\r\n')],
    ['PEM on one line', `-----BEGIN CERTIFICATE REQUEST-----${base64}-----END CERTIFICATE REQUEST-----`],
    ['PEM with text around it', `Certificate Request:\n    Data:\n        Version: 1 (0x0)\n${toPem(der)}\nbye\n`],
    [
      'PEM after EC parameters',
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${toPem(der)}`,
    ],
    ['PEM as octets', Buffer.from(toPem(der))],
    ['DER in base64', base64],
    ['DER in base64 with line ends', base64.replaceAll(/.{76}/g, '$&\r\n')],
    ['DER in base64url', der.toString('base64url')],
    ['DER', der],
    ['DER as a plain Uint8Array', Uint8Array.from(der)],
  ])('reads %s', (_, input) => {
    const csr = readCsr(input);
    expect(Buffer.from(csr.der).equals(der)).toBe(true);
    expect(csr.altNames).toEqual([{ kind: 'dns', value: NAME }]);
  });

  it('reads what @peculiar/x509 makes', async () => {
    await import('reflect-metadata');
    const x509 = await import('@peculiar/x509');
    const algorithm = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
    const made = await x509.Pkcs10CertificateRequestGenerator.create({
      name: `CN=${NAME}, O=Fleet`,
      keys: await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']),
      signingAlgorithm: algorithm,
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: `*.${NAME}` }]),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ],
      attributes: [new x509.ChallengePasswordAttribute('secret')],
    });
    expect(readCsr(made.toString('pem'))).toMatchObject({
      signatureAlgorithm: '1.2.840.10045.4.3.3',
      commonNames: [NAME],
      altNames: [{ kind: 'dns', value: `*.${NAME}` }],
      asksForCa: false,
    });
  });

  it.each([
    ['UTF8String', commonName('k2v7', 0x0c)],
    ['PrintableString', commonName('k2v7', 0x13)],
    ['TeletexString', commonName('k2v7', 0x14)],
    ['IA5String', commonName('k2v7', 0x16)],
    ['BMPString', commonName(Buffer.from('\0k\x002\0v\x007', 'latin1'), 0x1e)],
  ])('reads a common name that is a %s', (_, rdn) => {
    expect(readCsr(aCsr({ subject: [rdn] })).commonNames).toEqual(['k2v7']);
  });

  it('tells the kinds of alternative names apart', () => {
    const csr = aCsr({
      altNames: {
        dns: ['a'],
        ip: [Buffer.from([10, 0, 0, 1])],
        email: ['a@b'],
        uri: ['https://a'],
        otherName: [Buffer.from([5, 0])],
      },
    });
    expect(readCsr(csr).altNames.map(({ kind }) => kind)).toEqual(['dns', 'ip', 'email', 'uri', 'other']);
  });

  it('sees basic constraints with and without CA:TRUE', () => {
    expect(readCsr(aCsr({ extensions: [basicConstraints(true)] })).asksForCa).toBe(true);
    expect(readCsr(aCsr({ extensions: [basicConstraints(false)] })).asksForCa).toBe(false);
  });

  it('takes a CSR with an empty subject and one without attributes', () => {
    expect(readCsr(aCsr({ subject: [], attributes: [] }))).toMatchObject({ commonNames: [], altNames: [] });
  });

  it('takes exactly 16 KiB', () => {
    const padded = `${toPem(der)}${' '.repeat(MAX_CSR_BYTES - toPem(der).length)}`;
    expect(readCsr(padded).commonNames).toEqual([]);
    expect(outcomeOf(`${padded} `)).toBe('The CSR is larger than 16 KiB: send the CSR alone, with fewer names.');
  });

  const sanExtension = extension('2.5.29.17', subjectAltName({ dns: [NAME] }));
  const key = '-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----\n';
  it.each([
    ['an empty text', '', /neither PEM nor DER/],
    ['other text', 'hello, world!', /neither PEM nor DER/],
    ['a certificate', toPem(der, 'CERTIFICATE'), /no complete CERTIFICATE REQUEST/],
    ['PEM without its end', toPem(der).slice(0, -40), /no complete CERTIFICATE REQUEST/],
    ['two CSRs', toPem(der) + toPem(der), /more than one CSR/],
    ['a private key beside the CSR', key + toPem(der), /holds a private key/],
    ['an RSA key in the old form', key.replaceAll('PRIVATE', 'RSA PRIVATE'), /holds a private key/],
    ['an octet after the end', Buffer.concat([der, Buffer.from([0])]), /octets follow the end/],
    ['DER that is cut off', der.subarray(0, -1), /cut off/],
    ['DER of something else', sequence(tlv(0x02, Buffer.from([1]))), /has 1 parts and not 3/],
    ['an indefinite length', Buffer.from([0x30, 0x80, 0, 0]), /indefinite/],
    ['a padded length', Buffer.concat([Buffer.from([0x30, 0x83, 0]), der.subarray(2)]), /padded/],
    ['deep nesting', nested(40), /nested too deeply/],
    [
      'two extension requests',
      aCsr({ attributes: [extensionRequest(sanExtension), extensionRequest()] }),
      /more than one extension request/,
    ],
    ['the same extension twice', aCsr({ extensions: [sanExtension, sanExtension] }), /2\.5\.29\.17 twice/],
    ['a common name that is no string', aCsr({ subject: [commonName(Buffer.from([1]), 0x02)] }), /not a string/],
    ['a signature with unused bits', withUnusedBits(der), /whole number of octets/],
  ])('refuses %s', (_, input, sentence) => {
    expect(outcomeOf(input)).toMatch(sentence);
  });

  it('either reads a mutated CSR or refuses it with a DomainError', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(der.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(20),
        (changes, cut) => {
          const mutated = Uint8Array.from(der.subarray(0, der.length - cut));
          for (const [position, octet] of changes) if (position < mutated.length) mutated[position] = octet;
          expect(outcomeOf(mutated)).toMatch(/^read$|^The /);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('refuses every truncation', () => {
    for (let length = 0; length < der.length; length++)
      expect(outcomeOf(der.subarray(0, length))).toMatch(/^The CSR is /);
  });

  it('either reads arbitrary text or refuses it with a DomainError', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 200 }), fc.base64String(), fc.uint8Array({ maxLength: 200 })),
        (input) => {
          expect(() => readCsr(input)).toThrow(DomainError);
        },
      ),
    );
  });
});

function nested(depth: number): Buffer {
  let value = sequence();
  for (let level = 0; level < depth; level++) value = sequence(value);
  return value;
}

/** The signature is the last value: its first octet says how many bits are unused. */
function withUnusedBits(csr: Buffer): Buffer {
  const changed = Buffer.from(csr);
  const signature = changed.lastIndexOf(Buffer.from([0x00, 0x30]));
  changed[signature] = 1;
  return changed;
}
