import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/**
 * A hand-made DER writer and CSR maker: it makes what no library would agree to make. Every part can be replaced.
 */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...octets]), content]);
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return tlv(0x30, ...contents);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const octets = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      octets.unshift((left & 0x7f) | 0x80);
    return octets;
  });
  return tlv(0x06, Buffer.from(arcs));
}

export interface AltNames {
  readonly dns?: readonly string[];
  readonly ip?: readonly Uint8Array[];
  readonly email?: readonly string[];
  readonly uri?: readonly string[];
  readonly otherName?: readonly Uint8Array[];
}

export function subjectAltName(names: AltNames): Buffer {
  return sequence(
    ...(names.dns ?? []).map((name) => tlv(0x82, Buffer.from(name, 'latin1'))),
    ...(names.ip ?? []).map((address) => tlv(0x87, address)),
    ...(names.email ?? []).map((address) => tlv(0x81, Buffer.from(address))),
    ...(names.uri ?? []).map((uri) => tlv(0x86, Buffer.from(uri))),
    ...(names.otherName ?? []).map((value) => tlv(0xa0, oid('1.3.6.1.4.1.311.20.2.3'), tlv(0xa0, value))),
  );
}

export function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value));
}

export function extensionRequest(...extensions: readonly Uint8Array[]): Buffer {
  return sequence(oid('1.2.840.113549.1.9.14'), tlv(0x31, sequence(...extensions)));
}

export function basicConstraints(ca: boolean): Buffer {
  return extension('2.5.29.19', sequence(...(ca ? [tlv(0x01, Buffer.from([0xff]))] : [])), true);
}

/** One attribute of a subject a relative distinguished name; `tag` is the string type. */
export function commonName(text: string | Uint8Array, tag = 0x0c): Buffer {
  return tlv(0x31, sequence(oid('2.5.4.3'), tlv(tag, typeof text === 'string' ? Buffer.from(text) : text)));
}

const SIGNATURES: Readonly<Record<string, string>> = {
  'rsa/md5': '1.2.840.113549.1.1.4',
  'rsa/sha1': '1.2.840.113549.1.1.5',
  'rsa/sha256': '1.2.840.113549.1.1.11',
  'rsa/sha384': '1.2.840.113549.1.1.12',
  'rsa/sha512': '1.2.840.113549.1.1.13',
  'ec/sha1': '1.2.840.10045.4.1',
  'ec/sha256': '1.2.840.10045.4.3.2',
  'ec/sha384': '1.2.840.10045.4.3.3',
  'ec/sha512': '1.2.840.10045.4.3.4',
  ed25519: '1.3.101.112',
};

export interface CsrParts {
  readonly key?: KeyObject;
  readonly hash?: string;
  readonly subject?: readonly Uint8Array[];
  readonly altNames?: AltNames;
  /** Beside the subjectAltName. */
  readonly extensions?: readonly Uint8Array[];
  /** In place of the one extensionRequest. */
  readonly attributes?: readonly Uint8Array[];
  /** In place of the key's own SubjectPublicKeyInfo. */
  readonly spki?: Uint8Array;
  readonly signatureOid?: string;
  /** In place of NULL for RSA and none otherwise. */
  readonly signatureParameters?: Uint8Array;
  /** In place of the right signature. */
  readonly signature?: Uint8Array;
}

let sharedKey: KeyObject | undefined;

/** An EC P-256 key that all tests of a file may share. */
export function anEcKey(): KeyObject {
  return (sharedKey ??= generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

/** The DER of a CSR that is right unless a part says otherwise. Without `altNames` it has none. */
export function aCsr(parts: CsrParts = {}): Buffer {
  const key = parts.key ?? anEcKey();
  const type = key.asymmetricKeyType ?? '';
  const hash = parts.hash ?? 'sha256';
  const attributes = parts.attributes ?? [
    extensionRequest(
      ...(parts.altNames ? [extension('2.5.29.17', subjectAltName(parts.altNames))] : []),
      ...(parts.extensions ?? []),
    ),
  ];
  const info = sequence(
    tlv(0x02, Buffer.from([0])),
    sequence(...(parts.subject ?? [])),
    parts.spki ?? createPublicKey(key).export({ type: 'spki', format: 'der' }),
    tlv(0xa0, ...attributes),
  );
  const signatureOid = parts.signatureOid ?? SIGNATURES[type === 'ed25519' ? type : `${type}/${hash}`] ?? '1.2.3';
  const signature = parts.signature ?? sign(type === 'ed25519' ? null : hash, info, key);
  const algorithm = sequence(
    oid(signatureOid),
    ...(parts.signatureParameters ? [parts.signatureParameters] : type === 'rsa' ? [tlv(0x05)] : []),
  );
  return sequence(info, algorithm, tlv(0x03, Buffer.from([0]), signature));
}

export function toPem(der: Uint8Array, label = 'CERTIFICATE REQUEST', lineEnd = '\n'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join(lineEnd);
}
