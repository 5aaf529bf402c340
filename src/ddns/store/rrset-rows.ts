import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import { mustWireName, presentName, type WireName } from '../domain/name.js';
import type { StoredRrset } from '../domain/stored-rrset.js';
import type { EditScope } from '../domain/zone-edit.js';

interface RrsetRow {
  readonly zone: string;
  readonly name: string;
  readonly type: number;
  readonly ttl: string;
  readonly rdata: Buffer[];
  readonly owners: string[];
}

/** A scope in a zone, which is given in presentation format. */
export interface ZoneScope {
  readonly zone: string;
  readonly scope: EditScope;
}

/** A row that is there no more. */
export interface RrsetKey {
  readonly zone: string;
  readonly name: WireName;
  readonly type: number;
}

const COLUMNS = 'r.zone, r.name, r.type, r.ttl, r.rdata, r.owners';

/** Reads the RRsets in all the scopes, each once, by zone. */
export async function readRrsets(
  transaction: PipelinedTransaction,
  scopes: readonly ZoneScope[],
): Promise<Map<string, StoredRrset[]>> {
  const names = pairs(scopes, ({ names = [] }) => names.map(presentName));
  const subtrees = pairs(scopes, ({ subtrees = [] }) => subtrees.map((name) => `${reverse(presentName(name))}.`));
  const owners = pairs(scopes, ({ txtOwners = [] }) => txtOwners);
  const kinds: string[] = [];
  const parts: string[] = [];
  const parameters: unknown[] = [];
  const add = (kind: string, values: readonly (readonly [string, string])[], part: (first: number) => string): void => {
    if (values.length === 0) return;
    kinds.push(kind);
    parts.push(part(parameters.length + 1));
    parameters.push(
      values.map(([zone]) => zone),
      values.map(([, value]) => value),
    );
  };
  add(
    'names',
    names,
    (first) => `SELECT ${COLUMNS} FROM unnest($${first}::text[], $${first + 1}::text[]) AS w (zone, name)
      JOIN rrsets r ON r.zone = w.zone AND r.name = w.name`,
  );
  add(
    'subtrees',
    // `/` follows `.`: the range is what begins with the reversed name and its dot.
    subtrees,
    // OFFSET 0 keeps the range apart from the join, where PostgreSQL takes it for a ninth of the table (here for a
    // two-hundredth of the zone): after some changes it then reads a bitmap of it, with the entries of all rows that are
    // gone, or the whole index.
    (first) => `SELECT ${COLUMNS} FROM unnest($${first}::text[], $${first + 1}::text[]) AS w (zone, below),
      LATERAL (SELECT * FROM rrsets
        WHERE zone = w.zone
          AND (reverse(name) || '.') >= w.below COLLATE "C"
          AND (reverse(name) || '.') < (rtrim(w.below, '.') || '/') COLLATE "C"
        OFFSET 0) r`,
  );
  add(
    'owners',
    owners,
    (first) => `SELECT ${COLUMNS} FROM rrsets r
      WHERE r.type = 16 AND r.zone = ANY ($${first}::text[]) AND r.owners && $${first + 1}::text[]`,
  );
  const found = new Map<string, StoredRrset[]>(scopes.map(({ zone }) => [zone, []]));
  if (parts.length === 0) return found;
  const seen = new Set<string>();
  const statement = { name: `rrsets-by-${kinds.join('-')}`, text: parts.join(' UNION ALL ') };
  const rows = await transaction.send<RrsetRow>(statement, parameters);
  for (const row of rows) {
    const key = `${row.zone} ${row.type} ${row.name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    found.get(row.zone)?.push(storedRrset(row));
  }
  return found;
}

function storedRrset({ name, type, ttl, rdata, owners }: RrsetRow): StoredRrset {
  return {
    name: mustWireName(name),
    type,
    ttl: Number(ttl),
    values: rdata.map((octets, index) => ({ rdata: octets, owner: owners[index] ?? '' })),
  };
}

function pairs(
  scopes: readonly ZoneScope[],
  select: (scope: EditScope) => readonly string[],
): (readonly [string, string])[] {
  const distinct = new Map<string, readonly [string, string]>();
  for (const { zone, scope } of scopes) {
    for (const value of select(scope)) distinct.set(`${zone} ${value}`, [zone, value]);
  }
  return [...distinct.values()];
}

/** As PostgreSQL's reverse(): names are ASCII. */
function reverse(text: string): string {
  return [...text].toReversed().join('');
}
