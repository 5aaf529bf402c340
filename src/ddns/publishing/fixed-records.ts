import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DomainError } from '../../kernel/errors.js';
import { joinedWrite } from '../../platform/database/joined-write.js';
import { ancestors, deleteFixed, fixedScope, putFixed } from '../domain/fixed-edit.js';
import { isAtOrBelow, mustWireName, presentName, wireName, type WireName } from '../domain/name.js';
import { typeName, typeNumber } from '../domain/rr-type.js';
import { FIXED } from '../domain/stored-rrset.js';
import { ServedZones } from '../store/served-zones.js';
import { ZoneWriter } from '../store/zone-writer.js';
import { formatRdata, parseRdata, RdataTextError, TEXT_TYPES } from '../wire/rdata-text.js';
import { DeviceNameGuard } from './device-name-guard.js';

/** An RRset as operators write it. */
export interface FixedRecords {
  /** Relative to the apex; `@` is the apex. */
  readonly name: string;
  readonly type: string;
  /** Seconds. */
  readonly ttl: number;
  /** In presentation format; names in them are relative to the apex unless they end in a dot. */
  readonly values: readonly string[];
}

/** RFC 2181 section 8. */
const MAX_TTL_SECONDS = 0x7fff_ffff;
const MAX_LISTED = 10_000;

/** Records that operators keep in a zone: their own hosts, mail, delegated children. Devices never reach them. */
@Injectable()
export class FixedRecordService {
  readonly #guard = new DeviceNameGuard();

  constructor(
    private readonly writer: ZoneWriter,
    private readonly served: ServedZones,
    private readonly dataSource: DataSource,
  ) {}

  /** In the order of names and types. @throws DomainError `unknown_zone` */
  async list(zone: string): Promise<FixedRecords[]> {
    const apex = this.#apex(zone);
    const rows: { name: string; type: number; ttl: string; rdata: Buffer[]; owners: string[] }[] =
      await this.dataSource.query(
        `SELECT name, type, ttl, rdata, owners FROM rrsets
          WHERE zone = $1 AND owners @> ARRAY['${FIXED}'] AND owners[cardinality(owners)] = '${FIXED}'
          ORDER BY reverse(name), type LIMIT ${MAX_LISTED}`,
        [zone],
      );
    return rows.map(({ name, type, ttl, rdata, owners }) => ({
      name: relativeName(mustWireName(name), apex),
      type: typeName(type),
      ttl: Number(ttl),
      values: rdata.filter((_, index) => owners[index] === FIXED).map((octets) => formatRdata(type, octets)),
    }));
  }

  /**
   * Replaces the RRset. This server's DNS serves it when this resolves.
   * @throws DomainError `unknown_zone`, `record_rejected`, `unavailable`
   */
  async put(zone: string, records: FixedRecords): Promise<void> {
    const apex = this.#apex(zone);
    const { name, type } = this.#key(records, apex);
    const { ttl } = records;
    if (!Number.isInteger(ttl) || ttl < 0 || ttl > MAX_TTL_SECONDS) {
      throw rejected('ttl is a whole number of seconds, 0 to 2147483647.');
    }
    if (records.values.length === 0) throw rejected('An RRset has at least one value; DELETE removes it.');
    const rdatas = records.values.map((value) => rdataOf(type, value, apex));
    await this.writer.commit({
      zone,
      scope: fixedScope(name, apex),
      edit: (edit) => putFixed(edit, { name, type, ttl, rdatas }),
      write: joinedWrite(this.#guard, [name, ...ancestors(name, apex)].map(presentName)),
    });
  }

  /** @throws DomainError `unknown_zone`, `not_found`, `record_rejected`, `unavailable` */
  async delete(zone: string, records: Pick<FixedRecords, 'name' | 'type'>): Promise<void> {
    const apex = this.#apex(zone);
    const { name, type } = this.#key(records, apex);
    await this.writer.commit({
      zone,
      scope: { names: [name] },
      edit: (edit) => {
        if (deleteFixed(edit, name, type)) return;
        throw new DomainError('not_found', `${presentName(name)} has no fixed ${typeName(type)} records.`);
      },
    });
  }

  #apex(zone: string): WireName {
    if (!this.served.names().includes(zone)) {
      throw new DomainError('unknown_zone', `This server has no zone ${zone}; GET /v1/zones lists them.`);
    }
    return mustWireName(zone);
  }

  #key(records: Pick<FixedRecords, 'name' | 'type'>, apex: WireName): { name: WireName; type: number } {
    const type = typeNumber(records.type);
    if (type === undefined || !TEXT_TYPES.includes(type)) {
      throw rejected(`type is one of ${TEXT_TYPES.map(typeName).join(', ')}.`);
    }
    return { name: absoluteName(records.name, apex), type };
  }
}

/** The absolute name of one that is relative to the apex, or absolute by its final dot. */
function absoluteName(text: string, apex: WireName): WireName {
  if (text === '@') return apex;
  const own = wireName(text);
  const isAbsolute = text.endsWith('.');
  const name = own === undefined || isAbsolute ? own : own.slice(0, -1) + apex;
  if (own === undefined || name === undefined || name.length > 255 || !isAtOrBelow(name, apex)) {
    throw rejected(`${JSON.stringify(text)} is not a name in the zone ${presentName(apex)}; "@" is the apex.`);
  }
  if (!isAbsolute && isAtOrBelow(own, apex)) {
    throw rejected(
      `Names are relative to the apex: write "${relativeName(own, apex)}", or "${text}." with a final dot.`,
    );
  }
  return name;
}

function relativeName(name: WireName, apex: WireName): string {
  return name === apex ? '@' : presentName(`${name.slice(0, -apex.length)}\0`);
}

function rdataOf(type: number, value: string, apex: WireName): Buffer {
  try {
    return parseRdata(type, value, apex);
  } catch (error) {
    if (error instanceof RdataTextError) throw rejected(error.message);
    throw error;
  }
}

function rejected(detail: string): DomainError {
  return new DomainError('record_rejected', detail);
}
