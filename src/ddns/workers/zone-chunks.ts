import type { OwnedRrset } from '../domain/rrset.js';
import { Rrset } from '../domain/rrset.js';
import type { Zone } from '../domain/zone.js';

/** So small that neither process is busy with one for more than a few milliseconds. */
const CHUNK_OCTETS = 64 * 1024;

/** Length of the name 1, of a device 1, type 2, length of the records 4. */
const HEAD_OCTETS = 8;

/**
 * RRsets as octets, many in a chunk: each the head above, the name in wire format, and the packed records as the zone
 * keeps them. Structured cloning of the objects would take several times as long.
 */
export function* zoneChunks(rrsets: Iterable<OwnedRrset>): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK_OCTETS);
  let at = 0;
  for (const { owner, rrset } of rrsets) {
    const octets = HEAD_OCTETS + owner.length + rrset.packed.length;
    if (at > 0 && at + octets > chunk.length) {
      yield chunk.subarray(0, at);
      chunk = Buffer.allocUnsafe(CHUNK_OCTETS);
      at = 0;
    }
    if (octets > chunk.length) chunk = Buffer.allocUnsafe(octets);
    at = chunk.writeUInt8(owner.length, at);
    at = chunk.writeUInt8(Number(rrset.ofDevice), at);
    at = chunk.writeUInt16BE(rrset.type, at);
    at = chunk.writeUInt32BE(rrset.packed.length, at);
    at += chunk.write(owner, at, 'latin1');
    at += chunk.write(rrset.packed, at, 'latin1');
  }
  if (at > 0) yield chunk.subarray(0, at);
}

/** Puts the RRsets of a chunk into a zone. */
export function fillZone(zone: Zone, octets: Uint8Array): void {
  const chunk = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  for (let at = 0; at < chunk.length;) {
    const name = at + HEAD_OCTETS;
    const records = name + chunk.readUInt8(at);
    const end = records + chunk.readUInt32BE(at + 4);
    const type = chunk.readUInt16BE(at + 2);
    const rrset = Rrset.ofPacked(type, chunk.toString('latin1', records, end), chunk.readUInt8(at + 1) === 1);
    zone.replace(chunk.toString('latin1', name, records), type, rrset);
    at = end;
  }
}
