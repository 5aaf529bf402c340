import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  aCsr,
  anEcKey,
  basicConstraints,
  commonName,
  extension,
  oid,
  sequence,
  tlv,
  type CsrParts,
} from '../../../test/support/csr-builder.js';
import { DomainError } from '../../kernel/errors.js';
import { checkCsr } from './csr-policy.js';
import { readCsr } from './csr-reader.js';

const NAME = 'k2v7.fleet.test';
const device = { deviceName: NAME };
const own = { dns: [NAME] };

function check(parts: CsrParts): ReturnType<typeof checkCsr> {
  return checkCsr(readCsr(aCsr({ altNames: own, ...parts })), device);
}

function refusalOf(parts: CsrParts): string {
  try {
    check(parts);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'csr_rejected') return error.detail;
    throw error;
  }
  throw new Error('the CSR was accepted');
}

function ecKey(namedCurve: string, paramEncoding: 'named' | 'explicit' = 'named'): KeyObject {
  return generateKeyPairSync('ec', { namedCurve, paramEncoding }).privateKey;
}

function rsaKey(modulusLength: number, publicExponent = 65_537): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;
}

/** The shared key's SubjectPublicKeyInfo with another point in it. */
function ecSpki(point: Uint8Array, curve = oid('1.2.840.10045.3.1.7')): Buffer {
  return sequence(sequence(oid('1.2.840.10045.2.1'), curve), tlv(0x03, Buffer.from([0]), point));
}

function pointOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-65);
}

const rsa2048 = rsaKey(2048);

describe('checkCsr accepts', () => {
  it.each([
    ['EC P-256', anEcKey()],
    ['EC P-384', ecKey('P-384')],
    ['RSA 2048', rsa2048],
    ['RSA 3072', rsaKey(3072)],
    ['RSA 4096', rsaKey(4096)],
  ])('%s keys', (keyDescription, key) => {
    expect(check({ key })).toMatchObject({ keyDescription, names: [NAME] });
  });

  it.each(['sha256', 'sha384', 'sha512'])('signatures with %s', (hash) => {
    expect(check({ hash }).names).toEqual([NAME]);
    expect(check({ hash, key: rsa2048 }).names).toEqual([NAME]);
  });

  it.each<[string, CsrParts, string[]]>([
    ['the name in the common name alone', { altNames: {}, subject: [commonName(NAME)] }, [NAME]],
    ['the name in both', { subject: [commonName(NAME)] }, [NAME]],
    ['an empty common name', { subject: [commonName('')] }, [NAME]],
    ['the wildcard below the name', { altNames: { dns: [`*.${NAME}`, NAME] } }, [`*.${NAME}`, NAME]],
    ['the wildcard alone', { altNames: { dns: [`*.${NAME}`] } }, [`*.${NAME}`]],
    ['any letter case, folded', { altNames: { dns: ['K2V7.Fleet.TEST', NAME] } }, [NAME]],
    ['a hundred times the same name', { altNames: { dns: Array.from({ length: 100 }, () => NAME) } }, [NAME]],
    ['CA:FALSE', { extensions: [basicConstraints(false)] }, [NAME]],
    ['an unknown critical extension', { extensions: [extension('1.2.3.4', sequence(), true)] }, [NAME]],
  ])('%s', (_, parts, names) => {
    expect(check(parts).names).toEqual(names);
  });

  it('a CSR for a device whose name is given in upper case', () => {
    expect(checkCsr(readCsr(aCsr({ altNames: own })), { deviceName: NAME.toUpperCase() }).names).toEqual([NAME]);
  });

  it('and identifies the key by the digest of its SubjectPublicKeyInfo, whatever the rest says', () => {
    const { spkiSha256 } = check({});
    expect(spkiSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(check({ subject: [commonName(NAME)] }).spkiSha256).toBe(spkiSha256);
    expect(check({ key: rsa2048 }).spkiSha256).not.toBe(spkiSha256);
  });
});

describe('checkCsr refuses a key', () => {
  const compressed = Buffer.concat([Buffer.from([2]), pointOf(anEcKey()).subarray(1, 33)]);
  const offCurve = Buffer.from(pointOf(anEcKey()));
  const hybrid = Buffer.from(pointOf(anEcKey()));
  hybrid.writeUInt8(6 + (hybrid.readUInt8(64) & 1), 0);
  offCurve.writeUInt8(offCurve.readUInt8(64) ^ 1, 64);
  const rsaWithoutNull = sequence(
    sequence(oid('1.2.840.113549.1.1.1')),
    tlv(0x03, Buffer.from([0]), createPublicKey(rsa2048).export({ type: 'pkcs1', format: 'der' })),
  );

  it.each<[string, CsrParts, RegExp]>([
    ['RSA with 1024 bits', { key: rsaKey(1024) }, /^RSA keys of 1024 bits are not accepted/],
    ['RSA with 2056 bits', { key: rsaKey(2056) }, /^RSA keys of 2056 bits are not accepted/],
    ['RSA with e = 3', { key: rsaKey(2048, 3) }, /public exponent other than 65537/],
    ['RSA-PSS', { key: generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey }, /kind RSA-PSS/],
    ['RSA with a small factor', { spki: rsaSpki(smallFactorModulus()) }, /small factor/],
    ['P-521', { key: ecKey('P-521') }, /on the curve P-521 are not accepted/],
    ['P-224', { key: ecKey('P-224') }, /on the curve P-224 are not accepted/],
    ['secp256k1', { key: ecKey('secp256k1') }, /on the curve secp256k1 are not accepted/],
    ['Ed25519', { key: generateKeyPairSync('ed25519').privateKey }, /kind Ed25519 are not accepted/],
    [
      'an unknown kind',
      { spki: sequence(sequence(oid('1.2.3.4')), tlv(0x03, Buffer.from([0, 1]))) },
      /kind 1\.2\.3\.4 /,
    ],
    ['a curve by its parameters', { key: ecKey('P-256', 'explicit') }, /given by its parameters/],
    ['a point off the curve', { spki: ecSpki(offCurve) }, /not a point on P-256/],
    ['the point at infinity', { spki: ecSpki(Buffer.from([0])) }, /not an uncompressed point/],
    ['a point in the hybrid form', { spki: ecSpki(hybrid) }, /not an uncompressed point/],
    ['a compressed point', { spki: ecSpki(compressed) }, /not an uncompressed point/],
    [
      'a point of another curve',
      { spki: ecSpki(pointOf(anEcKey()), oid('1.3.132.0.34')) },
      /not an uncompressed point/,
    ],
    ['a second encoding of an RSA key', { spki: rsaWithoutNull }, /not in its one DER encoding/],
    ['RSA that is no numbers', { spki: rsaSpkiOf(sequence()) }, /RSA key cannot be read/],
    ['a structure that is none', { spki: sequence() }, /public key in the CSR is not well-formed/],
  ])('%s', (_, parts, sentence) => {
    expect(refusalOf(parts)).toMatch(sentence);
  });
});

describe('checkCsr refuses a signature', () => {
  it.each<[string, CsrParts, RegExp]>([
    ['with MD5', { key: rsa2048, hash: 'md5' }, /signed with MD5/],
    ['with SHA-1 by RSA', { key: rsa2048, hash: 'sha1' }, /signed with SHA-1/],
    ['with SHA-1 by ECDSA', { hash: 'sha1' }, /signed with SHA-1/],
    ['by RSA-PSS', { key: rsa2048, signatureOid: '1.2.840.113549.1.1.10' }, /algorithm 1\.2\.840\.113549\.1\.1\.10/],
    ['of another kind than the key', { signatureOid: '1.2.840.113549.1.1.11' }, /does not fit the kind of its key/],
    [
      'of another key',
      { spki: createPublicKey(ecKey('P-256')).export({ type: 'spki', format: 'der' }) },
      /does not verify/,
    ],
    ['with another hash than it says', { signatureOid: '1.2.840.10045.4.3.3' }, /does not verify/],
    ['that is empty', { signature: Buffer.alloc(0) }, /does not verify/],
    ['that is noise', { signature: Buffer.alloc(70, 7) }, /does not verify/],
  ])('%s', (_, parts, sentence) => {
    expect(refusalOf(parts)).toMatch(sentence);
  });
});

describe('checkCsr refuses the names', () => {
  const many = Array.from({ length: 101 }, () => NAME);
  it.each<[string, CsrParts, RegExp]>([
    ['none at all', { altNames: {} }, /holds no name: put k2v7\.fleet\.test into/],
    ['another device', { altNames: { dns: [NAME, 'a1b2.fleet.test'] } }, /"a1b2\.fleet\.test" is not this device's/],
    ['the zone', { altNames: { dns: ['fleet.test'] } }, /"fleet\.test" is not/],
    ['the wildcard beside the device', { altNames: { dns: ['*.fleet.test'] } }, /"\*\.fleet\.test" is not/],
    ['a name below the device', { altNames: { dns: [`www.${NAME}`] } }, /"www\.k2v7\.fleet\.test" is not/],
    ['a wildcard further below', { altNames: { dns: [`*.*.${NAME}`] } }, /is not this device's/],
    ['a name that ends in the device', { altNames: { dns: [`x${NAME}`] } }, /is not this device's/],
    ['a final dot', { altNames: { dns: [`${NAME}.`] } }, /is not this device's/],
    ['a NUL after the name', { altNames: { dns: [`${NAME}\0.evil.test`] } }, /"k2v7\.fleet\.test\\u0000\.evil/],
    ['a letter that only looks the same', { altNames: {}, subject: [commonName(`\u212a${NAME.slice(1)}`)] }, /is not/],
    ['another common name', { subject: [commonName('My NAS')] }, /"My NAS" is not this device's/],
    ['two common names', { subject: [commonName(NAME), commonName(NAME)] }, /more than one common name/],
    ['a common name of 65', { subject: [commonName('a'.repeat(65))] }, /longer than 64 characters/],
    ['101 entries', { altNames: { dns: many } }, /holds 101 names: at most 100/],
    ['an IP address', { altNames: { ...own, ip: [Buffer.from([10, 1, 1, 4])] } }, /holds IP addresses/],
    ['a mail address', { altNames: { ...own, email: [`a@${NAME}`] } }, /holds mail addresses/],
    ['a URI', { altNames: { ...own, uri: [`https://${NAME}`] } }, /holds URIs/],
    ['another kind of name', { altNames: { ...own, otherName: [Buffer.from([5, 0])] } }, /other than DNS names/],
    ['those of a CA', { extensions: [basicConstraints(true)] }, /asks for a CA certificate/],
  ])('%s', (_, parts, sentence) => {
    expect(refusalOf(parts)).toMatch(sentence);
  });

  it("without ever accepting a name that is not the device's", () => {
    const label = fc.constantFrom('k2v7', 'fleet', 'test', '*', 'K2V7', '', 'www');
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), (labels) => {
        const name = labels.join('.');
        const isOwn = [NAME, `*.${NAME}`].includes(name.toLowerCase());
        expect(accepts(aCsr({ altNames: { dns: [name] } }))).toBe(isOwn);
      }),
    );
  });
});

describe('checkCsr', () => {
  it.each([
    ['EC', aCsr({ altNames: own })],
    ['RSA', aCsr({ altNames: own, key: rsa2048 })],
  ])('refuses every CSR that was changed in one octet (%s)', (_, der) => {
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (position, difference) => {
        const changed = Uint8Array.from(der);
        changed[position]! ^= difference;
        expect(accepts(changed)).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });
});

/** Any other error than a refusal goes on. */
function accepts(der: Uint8Array): boolean {
  try {
    checkCsr(readCsr(der), device);
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'csr_rejected') return false;
    throw error;
  }
}

function smallFactorModulus(): bigint {
  const bits = createPrivateKey(rsa2048.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' }).n ?? '';
  const modulus = BigInt(`0x${Buffer.from(bits, 'base64url').toString('hex')}`);
  return modulus - (modulus % 751n);
}

function rsaSpki(modulus: bigint): Buffer {
  const hex = modulus.toString(16);
  const number = Buffer.from(`00${hex.padStart(hex.length + (hex.length % 2), '0')}`, 'hex');
  return rsaSpkiOf(sequence(tlv(0x02, number), tlv(0x02, Buffer.from([1, 0, 1]))));
}

function rsaSpkiOf(key: Uint8Array): Buffer {
  return sequence(sequence(oid('1.2.840.113549.1.1.1'), tlv(0x05)), tlv(0x03, Buffer.from([0]), key));
}
