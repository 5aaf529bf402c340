import { X509Certificate } from 'node:crypto';

import { DER, DerError, derChildren, derExpect, derOid, readDer, type DerValue } from './der.js';

const SUBJECT_ALT_NAME = '2.5.29.17';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';

/** An X.509 certificate (RFC 5280): OpenSSL's reading, and the octets that it does not give. */
export interface ReadCertificate {
  readonly x509: X509Certificate;
  readonly der: Uint8Array;
  /** Content octets of the serial's INTEGER, with the sign octet where there is one. */
  readonly serial: Uint8Array;
  /** SubjectPublicKeyInfo (DER). */
  readonly publicKey: Uint8Array;
  /** Name (DER). */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly dnsNames: readonly string[];
  /** There are alternative names that are not DNS names. */
  readonly hasOtherNames: boolean;
  /** OIDs. */
  readonly extendedKeyUsages: readonly string[];
  readonly authorityKeyIdentifier?: Uint8Array;
}

/** Reads one certificate (DER); throws DerError when it is none. */
export function readCertificate(der: Uint8Array): ReadCertificate {
  const [toBeSigned] = derChildren(derExpect(readDer(der), DER.sequence, 'the certificate'));
  const fields = derChildren(derExpect(toBeSigned, DER.sequence, 'the certificate'));
  // The version is absent in certificates of version 1, which no field below is in.
  const [serial, , issuer, , subject, publicKey, ...rest] = fields[0]?.tag === DER.context0 ? fields.slice(1) : fields;
  const extensions = readExtensions(rest.find(({ tag }) => tag === DER.context3));
  const names = sequenceIn(extensions.get(SUBJECT_ALT_NAME));
  const keyIdentifier = sequenceIn(extensions.get(AUTHORITY_KEY_IDENTIFIER)).find(({ tag }) => tag === 0x80)?.content;
  return {
    x509: parse(der),
    der,
    serial: derExpect(serial, DER.integer, 'the serial').content,
    publicKey: derExpect(publicKey, DER.sequence, 'the public key').raw,
    subject: derExpect(subject, DER.sequence, 'the subject').raw,
    issuer: derExpect(issuer, DER.sequence, 'the issuer').raw,
    dnsNames: names.filter(isDnsName).map(({ content }) => Buffer.from(content).toString('latin1').toLowerCase()),
    hasOtherNames: !names.every(isDnsName),
    extendedKeyUsages: sequenceIn(extensions.get(EXTENDED_KEY_USAGE)).map(derOid),
    ...(keyIdentifier && { authorityKeyIdentifier: keyIdentifier }),
  };
}

function isDnsName({ tag }: DerValue): boolean {
  return tag === 0x82;
}

function readExtensions(wrapper: DerValue | undefined): Map<string, Uint8Array> {
  const list = wrapper ? derChildren(derExpect(derChildren(wrapper)[0], DER.sequence, 'the extensions')) : [];
  return new Map(
    list.map((extension) => {
      const parts = derChildren(derExpect(extension, DER.sequence, 'an extension'));
      return [derOid(parts[0]), derExpect(parts.at(-1), DER.octetString, 'the value of an extension').content];
    }),
  );
}

function sequenceIn(value: Uint8Array | undefined): readonly DerValue[] {
  return value ? derChildren(derExpect(readDer(value), DER.sequence, 'an extension')) : [];
}

function parse(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (error) {
    throw new DerError('the certificate cannot be read', { cause: error });
  }
}
