import type { WireName } from '../domain/name.js';
import { TYPE } from '../domain/rr-type.js';
import { additionalOffsets } from './rr-reader.js';
import { WireFormatError } from './rr-reader-error.js';
import { readName } from './rr-reader-name.js';

const CLASS_ANY = 255;

/** What a TSIG record holds (RFC 8945 section 4.2). */
export interface TsigRecord {
  readonly keyName: WireName;
  readonly algorithmName: WireName;
  /** Unix time in seconds, 48 bits. */
  readonly timeSigned: number;
  /** Seconds. */
  readonly fudge: number;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly error: number;
  readonly otherData: Buffer;
}

/** A TSIG record and where in its message it begins. */
export interface FoundTsig {
  readonly record: TsigRecord;
  readonly offset: number;
}

/**
 * The TSIG record of a message, or undefined when it has none. It stands last in the additional section and there is
 * one; everything else throws WireFormatError (RFC 8945 section 5.2: FORMERR), as do octets behind the message.
 */
export function findTsig(message: Buffer): FoundTsig | undefined {
  const offsets = additionalOffsets(message);
  let found: FoundTsig | undefined;
  for (const [index, offset] of offsets.slice(0, -1).entries()) {
    const { name, end } = readName(message, offset);
    const type = message.readUInt16BE(end);
    if (type !== TYPE.TSIG) continue;
    if (found || index !== offsets.length - 2) throw new WireFormatError('TSIG is not the last record, or not alone.');
    if (message.readUInt16BE(end + 2) !== CLASS_ANY || message.readUInt32BE(end + 4) !== 0) {
      throw new WireFormatError('A TSIG record has class ANY and TTL 0.');
    }
    found = { record: readTsigData(message, name, end + 10, offsets[index + 1]!), offset };
  }
  return found;
}

function readTsigData(message: Buffer, keyName: WireName, start: number, end: number): TsigRecord {
  const { name: algorithmName, end: at } = readName(message, start);
  if (at + 10 > end) throw new WireFormatError('A TSIG record is too short.');
  const macEnd = at + 10 + message.readUInt16BE(at + 8);
  if (macEnd + 6 > end) throw new WireFormatError('A TSIG record is too short for its MAC.');
  const otherEnd = macEnd + 6 + message.readUInt16BE(macEnd + 4);
  if (otherEnd !== end) throw new WireFormatError('A TSIG record does not end where its other data end.');
  return {
    keyName,
    algorithmName,
    timeSigned: message.readUIntBE(at, 6),
    fudge: message.readUInt16BE(at + 6),
    mac: Buffer.from(message.subarray(at + 10, macEnd)),
    originalId: message.readUInt16BE(macEnd),
    error: message.readUInt16BE(macEnd + 2),
    otherData: Buffer.from(message.subarray(macEnd + 6, otherEnd)),
  };
}

/** The message with the record appended and counted. */
export function appendTsig(message: Buffer, record: TsigRecord): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPE.TSIG, 0);
  fixed.writeUInt16BE(CLASS_ANY, 2);
  fixed.writeUInt16BE(record.algorithmName.length + 16 + record.mac.length + record.otherData.length, 8);
  const times = Buffer.alloc(10);
  writeTimers(times, record);
  times.writeUInt16BE(record.mac.length, 8);
  const tail = Buffer.alloc(6);
  tail.writeUInt16BE(record.originalId, 0);
  tail.writeUInt16BE(record.error, 2);
  tail.writeUInt16BE(record.otherData.length, 4);
  const signed = Buffer.concat([
    message,
    Buffer.from(record.keyName, 'latin1'),
    fixed,
    Buffer.from(record.algorithmName, 'latin1'),
    times,
    record.mac,
    tail,
    record.otherData,
  ]);
  signed.writeUInt16BE(signed.readUInt16BE(10) + 1, 10);
  return signed;
}

/** Octets that appendTsig adds. */
export function tsigOctets(record: Pick<TsigRecord, 'keyName' | 'algorithmName' | 'mac' | 'otherData'>): number {
  return record.keyName.length + 26 + record.algorithmName.length + record.mac.length + record.otherData.length;
}

/** Writes time signed and fudge, 8 octets: the TSIG timers (RFC 8945 section 5.3.1). */
export function writeTimers(target: Buffer, record: Pick<TsigRecord, 'timeSigned' | 'fudge'>): void {
  target.writeUIntBE(record.timeSigned, 0, 6);
  target.writeUInt16BE(record.fudge, 6);
}
