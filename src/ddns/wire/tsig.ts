import type { WireName } from '../domain/name.js';
import { WireFormatError } from './rr-reader-error.js';
import { type TsigKey, TSIG_MAC_OCTETS, tsigAlgorithmName } from './tsig-key.js';
import { isAllowedMacLength, tsigMac, tsigMacMatches } from './tsig-mac.js';
import { appendTsig, findTsig, type FoundTsig, type TsigRecord, tsigOctets } from './tsig-record.js';

/** RFC 8945 section 3; the answer's RCODE is NOTAUTH for all of them. */
export const TSIG_ERRORS = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const;

export type TsigError = keyof typeof TSIG_ERRORS;

/** RFC 8945 section 10: the recommended fudge, in seconds. */
const TSIG_FUDGE_SECONDS = 300;

const NO_OCTETS: Buffer = Buffer.alloc(0);

/** Appends a TSIG record to an answer. `now` is Unix time in whole seconds. */
export interface TsigAnswerer {
  /** How many octets an answer grows by. */
  readonly octets: number;
  /** Signs the answer, or the next message of a streamed answer. */
  sign(message: Buffer, now: number): Buffer;
}

export type TsigVerdict =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'verified';
      readonly key: TsigKey;
      /** Signs the answer, or each message of it. */
      readonly answerer: TsigAnswerer;
      /** The request's: no other request has it. */
      readonly mac: Buffer;
      /** From this Unix time on, in seconds, the same request is refused as BADTIME. */
      readonly expires: number;
    }
  /** Answer NOTAUTH; `answerer` appends the error, signed where RFC 8945 section 5.3.2 wants it. */
  | { readonly kind: 'refused'; readonly error: TsigError; readonly answerer: TsigAnswerer };

export interface TsigPolicy {
  /** Accept only MACs of at least so many octets of the full length; default: the whole MAC. */
  readonly minimumMacOctets?: (fullOctets: number) => number;
}

/**
 * Verifies a request's TSIG in the order of RFC 8945 section 5.2: key, MAC, time, truncation. Throws WireFormatError
 * where the answer is FORMERR.
 *
 * @param findKey finds a key by its canonical name.
 * @param now Unix time in whole seconds.
 */
export function verifyTsigRequest(
  message: Buffer,
  findKey: (name: WireName) => TsigKey | undefined,
  now: number,
  policy: TsigPolicy = {},
): TsigVerdict {
  const found = findTsig(message);
  if (!found) return { kind: 'absent' };
  const { record } = found;
  const key = findKey(record.keyName);
  if (!key || tsigAlgorithmName(key.algorithm) !== record.algorithmName) {
    return { kind: 'refused', error: 'BADKEY', answerer: unsignedError(record, 'BADKEY') };
  }
  if (!isAllowedMacLength(record.mac.length, key)) throw new WireFormatError('The MAC has an impossible length.');
  if (!tsigMacMatches(record.mac, tsigMac(key, { message: withoutTsig(message, found), record }))) {
    return { kind: 'refused', error: 'BADSIG', answerer: unsignedError(record, 'BADSIG') };
  }
  if (Math.abs(now - record.timeSigned) > record.fudge) {
    return { kind: 'refused', error: 'BADTIME', answerer: signedError(key, record, 'BADTIME') };
  }
  const fullOctets = TSIG_MAC_OCTETS[key.algorithm];
  if (record.mac.length < (policy.minimumMacOctets?.(fullOctets) ?? fullOctets)) {
    return { kind: 'refused', error: 'BADTRUNC', answerer: signedError(key, record, 'BADTRUNC') };
  }
  return {
    kind: 'verified',
    key,
    answerer: new TsigStream(key, record.mac),
    mac: record.mac,
    expires: record.timeSigned + record.fudge + 1,
  };
}

/** A request with its MAC, which its answer is verified with. */
export interface SignedRequest {
  readonly message: Buffer;
  readonly mac: Buffer;
}

/** Signs a request. `now` is Unix time in whole seconds. */
export function signTsigRequest(message: Buffer, key: TsigKey, now: number): SignedRequest {
  const stream = new TsigStream(key);
  return { message: stream.sign(message, now), mac: stream.lastMac };
}

/**
 * Is this the answer to our request, by the holder of the key (RFC 8945 section 5.4)? An unsigned error is not: it may
 * come from anybody. Throws WireFormatError when it is no message.
 */
export function verifyTsigAnswer(message: Buffer, key: TsigKey, request: SignedRequest, now: number): boolean {
  const found = findTsig(message);
  if (!found) return false;
  const { record } = found;
  return (
    record.keyName === key.name &&
    record.algorithmName === tsigAlgorithmName(key.algorithm) &&
    isAllowedMacLength(record.mac.length, key) &&
    tsigMacMatches(record.mac, tsigMac(key, { message: withoutTsig(message, found), record, priorMac: request.mac })) &&
    record.error === 0 &&
    Math.abs(now - record.timeSigned) <= record.fudge
  );
}

/** Signs a request, or the messages of an answer, each with the MAC before it in its digest. */
class TsigStream implements TsigAnswerer {
  readonly octets: number;
  lastMac: Buffer;
  #messages = 0;

  constructor(
    private readonly key: TsigKey,
    requestMac = NO_OCTETS,
  ) {
    this.lastMac = requestMac;
    const mac = Buffer.alloc(TSIG_MAC_OCTETS[key.algorithm]);
    this.octets = tsigOctets({
      keyName: key.name,
      algorithmName: tsigAlgorithmName(key.algorithm),
      mac,
      otherData: NO_OCTETS,
    });
  }

  sign(message: Buffer, now: number): Buffer {
    const record = {
      keyName: this.key.name,
      algorithmName: tsigAlgorithmName(this.key.algorithm),
      timeSigned: now,
      fudge: TSIG_FUDGE_SECONDS,
      originalId: message.readUInt16BE(0),
      error: 0,
      otherData: NO_OCTETS,
    };
    const priorMac = this.lastMac.length > 0 ? this.lastMac : undefined;
    this.lastMac = tsigMac(this.key, { message, priorMac, record, timersOnly: this.#messages > 0 });
    this.#messages += 1;
    return appendTsig(message, { ...record, mac: this.lastMac });
  }
}

/** RFC 8945 section 5.3.2: whoever does not know the key gets no MAC made with it. */
function unsignedError(request: TsigRecord, error: TsigError): TsigAnswerer {
  const { keyName, algorithmName } = request;
  return {
    octets: tsigOctets({ keyName, algorithmName, mac: NO_OCTETS, otherData: NO_OCTETS }),
    sign: (message, now) =>
      appendTsig(message, {
        keyName,
        algorithmName,
        timeSigned: now,
        fudge: TSIG_FUDGE_SECONDS,
        mac: NO_OCTETS,
        originalId: message.readUInt16BE(0),
        error: TSIG_ERRORS[error],
        otherData: NO_OCTETS,
      }),
  };
}

/** The client holds the key: it may believe what we say of its clock or its truncation. */
function signedError(key: TsigKey, request: TsigRecord, error: TsigError): TsigAnswerer {
  const mac = Buffer.alloc(TSIG_MAC_OCTETS[key.algorithm]);
  const otherOctets = error === 'BADTIME' ? 6 : 0;
  return {
    octets: tsigOctets({ ...request, mac, otherData: Buffer.alloc(otherOctets) }),
    sign: (message, now) => {
      const otherData = Buffer.alloc(otherOctets);
      if (error === 'BADTIME') otherData.writeUIntBE(now, 0, 6);
      const record = {
        keyName: request.keyName,
        algorithmName: request.algorithmName,
        // RFC 8945 section 5.2.3: the client's own time, so that the client can verify the answer; ours is other data.
        timeSigned: error === 'BADTIME' ? request.timeSigned : now,
        fudge: error === 'BADTIME' ? request.fudge : TSIG_FUDGE_SECONDS,
        originalId: message.readUInt16BE(0),
        error: TSIG_ERRORS[error],
        otherData,
      };
      return appendTsig(message, { ...record, mac: tsigMac(key, { message, record, priorMac: request.mac }) });
    },
  };
}

function withoutTsig(message: Buffer, { offset }: FoundTsig): Buffer {
  const unsigned = Buffer.from(message.subarray(0, offset));
  unsigned.writeUInt16BE(unsigned.readUInt16BE(10) - 1, 10);
  return unsigned;
}
