import { createHmac, timingSafeEqual, type Hmac } from 'node:crypto';

import { type TsigKey, TSIG_MAC_OCTETS, tsigDigest } from './tsig-key.js';
import { type TsigRecord, writeTimers } from './tsig-record.js';

/** What is signed beside the message itself. */
export interface TsigDigest {
  /** The message without its TSIG record; its ARCOUNT does not count it. */
  readonly message: Buffer;
  /** Of the request, or of the message before in a stream: digested with its length in front. */
  readonly priorMac?: Buffer;
  readonly record: Omit<TsigRecord, 'mac'>;
  /** From the second message of a stream on, only the timers of the record are digested (RFC 8945 section 5.3.1). */
  readonly timersOnly?: boolean;
}

/** The full MAC (RFC 8945 section 4.3). */
export function tsigMac(key: TsigKey, digest: TsigDigest): Buffer {
  const hmac = createHmac(tsigDigest(key.algorithm), key.secret);
  const { priorMac, message, record } = digest;
  if (priorMac) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(priorMac.length);
    hmac.update(length).update(priorMac);
  }
  const id = Buffer.alloc(2);
  id.writeUInt16BE(record.originalId);
  hmac.update(id).update(message.subarray(2));
  updateVariables(hmac, record, digest.timersOnly ?? false);
  return hmac.digest();
}

function updateVariables(hmac: Hmac, record: Omit<TsigRecord, 'mac'>, timersOnly: boolean): void {
  const timers = Buffer.alloc(8);
  writeTimers(timers, record);
  if (timersOnly) {
    hmac.update(timers);
    return;
  }
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(record.error, 0);
  tail.writeUInt16BE(record.otherData.length, 2);
  hmac
    .update(record.keyName, 'latin1')
    .update(Buffer.of(0, 255, 0, 0, 0, 0)) // class ANY, TTL 0
    .update(record.algorithmName, 'latin1')
    .update(timers)
    .update(tail)
    .update(record.otherData);
}

/** Is `mac`, possibly truncated, the beginning of `full`? In constant time. */
export function tsigMacMatches(mac: Buffer, full: Buffer): boolean {
  return mac.length <= full.length && timingSafeEqual(mac, full.subarray(0, mac.length));
}

/** May a MAC of so many octets be compared at all (RFC 8945 section 5.2.2.1)? Otherwise FORMERR. */
export function isAllowedMacLength(octets: number, key: TsigKey): boolean {
  const full = TSIG_MAC_OCTETS[key.algorithm];
  return octets <= full && octets >= Math.max(10, full / 2);
}
