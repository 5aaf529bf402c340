import { csrRejected } from './csr-rejected.js';
import { DER, DerError, derBits, derChildren, derExpect, derOid, readDer, type DerValue } from './der.js';

/** The largest CSR that is read, in octets of the input as it came. RSA 4096 with a hundred names needs half of it. */
export const MAX_CSR_BYTES = 16 * 1024;

const COMMON_NAME = '2.5.4.3';
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';

export interface CsrAltName {
  readonly kind: 'dns' | 'ip' | 'email' | 'uri' | 'other';
  /** As written for `dns`, `email` and `uri`; empty otherwise. */
  readonly value: string;
}

/** What a certificate signing request (RFC 2986) says. Nothing of it is verified yet. */
export interface Csr {
  readonly der: Uint8Array;
  /** CertificationRequestInfo, which the signature is over. */
  readonly signedPart: Uint8Array;
  /** OID in dotted decimal. */
  readonly signatureAlgorithm: string;
  /** Other ones than NULL (RFC 3279 section 2.2). */
  readonly signatureHasParameters: boolean;
  readonly signature: Uint8Array;
  /** SubjectPublicKeyInfo (DER). */
  readonly publicKey: Uint8Array;
  readonly commonNames: readonly string[];
  readonly altNames: readonly CsrAltName[];
  /** Basic constraints ask for CA:TRUE. */
  readonly asksForCa: boolean;
}

/**
 * Reads a CSR: PEM (`CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`, any line ends, text around it), DER in base64 or
 * base64url, or DER itself. Throws DomainError `csr_rejected` when it is none of them, or not well-formed.
 */
export function readCsr(input: string | Uint8Array): Csr {
  const size = typeof input === 'string' ? Buffer.byteLength(input) : input.length;
  if (size > MAX_CSR_BYTES) {
    throw csrRejected(`The CSR is larger than ${MAX_CSR_BYTES / 1024} KiB: send the CSR alone, with fewer names.`);
  }
  const der = toDer(input);
  try {
    return parse(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw csrRejected(`The CSR is not well-formed DER (${error.message}): make it anew.`, error);
  }
}

function toDer(input: string | Uint8Array): Uint8Array {
  if (typeof input !== 'string') {
    if (input[0] === DER.sequence) return Uint8Array.from(input);
    return toDer(Buffer.from(input).toString('latin1'));
  }
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(input)) {
    throw csrRejected('The text holds a private key: keep that on the device, make a new one, and send the CSR alone.');
  }
  const blocks = [...input.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)];
  const requests = blocks.filter(([, label]) => /^(NEW )?CERTIFICATE REQUEST$/.test(label ?? ''));
  if (requests.length > 1) throw csrRejected('The text holds more than one CSR: send one at a time.');
  if (requests.length === 0 && input.includes('-----BEGIN ')) {
    throw csrRejected('The PEM text holds no complete CERTIFICATE REQUEST block.');
  }
  const base64 = (requests[0]?.[2] ?? input).replaceAll(/\s/g, '').replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9+/_-]+$/.test(base64) || base64.length % 4 === 1) {
    throw csrRejected('The CSR is neither PEM nor DER in base64.');
  }
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}

function parse(der: Uint8Array): Csr {
  const [info, algorithm, signature] = fields(readDer(der), 3, 'the request');
  const [version, subject, publicKey, attributes] = fields(info, 4, 'the request information');
  derExpect(version, DER.integer, 'the version');
  const [oid, ...parameters] = derChildren(derExpect(algorithm, DER.sequence, 'the signature algorithm'));
  const extensions = readExtensions(derExpect(attributes, DER.context0, 'the list of attributes'));
  const altNames = extensions.get(SUBJECT_ALT_NAME);
  const basicConstraints = extensions.get(BASIC_CONSTRAINTS);
  return {
    der,
    signedPart: info!.raw,
    signatureAlgorithm: derOid(oid),
    signatureHasParameters:
      parameters.length > 1 || parameters.some(({ tag, content }) => tag !== DER.null || content.length > 0),
    signature: derBits(signature, 'the signature'),
    publicKey: derExpect(publicKey, DER.sequence, 'the public key').raw,
    commonNames: readCommonNames(derExpect(subject, DER.sequence, 'the subject')),
    altNames: altNames ? readAltNames(altNames) : [],
    asksForCa: basicConstraints ? readIsCa(basicConstraints) : false,
  };
}

function fields(value: DerValue | undefined, count: number, what: string): readonly DerValue[] {
  const children = derChildren(derExpect(value, DER.sequence, what));
  if (children.length !== count) throw new DerError(`${what} has ${children.length} parts and not ${count}`);
  return children;
}

function readCommonNames(subject: DerValue): string[] {
  return derChildren(subject)
    .flatMap((rdn) => derChildren(derExpect(rdn, DER.set, 'a part of the subject')))
    .map((attribute) => fields(attribute, 2, 'a part of the subject'))
    .filter(([type]) => derOid(type) === COMMON_NAME)
    .map(([, value]) => directoryString(value!));
}

/** DirectoryString (RFC 5280 section 4.1.2.4) and IA5String. What is no character of its type becomes U+FFFD. */
function directoryString({ tag, content }: DerValue): string {
  const bytes = Buffer.from(content);
  switch (tag) {
    case 0x0c: // UTF8String
      return bytes.toString('utf8');
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x14: // TeletexString
    case 0x16: // IA5String
      return bytes.toString('latin1');
    case 0x1e: // BMPString: UTF-16 with the high octet first
      if (bytes.length % 2 === 1) throw new DerError('the common name is cut off');
      return bytes.swap16().toString('utf16le');
    default:
      throw new DerError('the common name is not a string');
  }
}

/**
 * The requested extensions by OID. CAs read the first extensionRequest only, or refuse the rest: a second one could hide
 * names from us that another reader sees.
 */
function readExtensions(attributes: DerValue): Map<string, Uint8Array> {
  const requests = derChildren(attributes)
    .map((attribute) => fields(attribute, 2, 'an attribute'))
    .filter(([type]) => derOid(type) === EXTENSION_REQUEST)
    .flatMap(([, values]) => derChildren(derExpect(values, DER.set, 'an attribute')));
  if (requests.length > 1) throw csrRejected('The CSR holds more than one extension request: put all names into one.');

  const extensions = new Map<string, Uint8Array>();
  for (const extension of requests[0] ? derChildren(derExpect(requests[0], DER.sequence, 'the extensions')) : []) {
    const parts = derChildren(derExpect(extension, DER.sequence, 'an extension'));
    const oid = derOid(parts[0]);
    if (parts.length === 3) derExpect(parts[1], DER.boolean, 'the critical mark');
    if (parts.length > 3) throw new DerError('an extension has too many parts');
    if (extensions.has(oid)) throw csrRejected(`The CSR asks for the extension ${oid} twice: ask for it once.`);
    extensions.set(oid, derExpect(parts.at(-1), DER.octetString, 'the value of an extension').content);
  }
  return extensions;
}

/** GeneralNames (RFC 5280 section 4.2.1.6). */
function readAltNames(value: Uint8Array): CsrAltName[] {
  return derChildren(derExpect(readDer(value), DER.sequence, 'the subjectAltName')).map(({ tag, content }) => {
    const text = Buffer.from(content).toString('latin1');
    switch (tag) {
      case 0x81:
        return { kind: 'email', value: text };
      case 0x82:
        return { kind: 'dns', value: text };
      case 0x86:
        return { kind: 'uri', value: text };
      case 0x87:
        return { kind: 'ip', value: '' };
      default:
        return { kind: 'other', value: '' };
    }
  });
}

function readIsCa(value: Uint8Array): boolean {
  const [first] = derChildren(derExpect(readDer(value), DER.sequence, 'the basic constraints'));
  return first?.tag === DER.boolean && first.content.some((octet) => octet !== 0);
}
