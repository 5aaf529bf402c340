import type { PipelinedTransaction } from '../../platform/database/pipelined-transaction.js';
import { mustWireName, presentName, type WireName } from '../domain/name.js';
import type { StoredRrset, StoredValue } from '../domain/stored-rrset.js';
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

/**
 * The FROM items that give the RRsets `r` at and below names. The range is what begins with the reversed name and its dot:
 * `/` follows `.`. OFFSET 0 keeps it apart from the join, where PostgreSQL takes it for a ninth of the table (here for a
 * two-hundredth of the zone): after some changes it then reads a bitmap of it, with the entries of all rows that are gone,
 * or the whole index.
 * @param zones, below the parameters with what subtreePairs() gives.
 */
function inSubtrees(zones: string, below: string): string {
  return `unnest(${zones}::text[], ${below}::text[]) AS w (zone, below),
    LATERAL (SELECT * FROM rrsets
      WHERE zone = w.zone
        AND (reverse(name) || '.') >= w.below COLLATE "C"
        AND (reverse(name) || '.') < (rtrim(w.below, '.') || '/') COLLATE "C"
      OFFSET 0) r`;
}

const PRESUME_RRSETS = {
  name: 'presume-rrsets',
  text: `
    SELECT presume($3::jsonb = coalesce(jsonb_agg(
        jsonb_build_array(r.zone, r.name, r.type, r.ttl,
          (SELECT jsonb_agg(jsonb_build_array(v.rdata, v.owner) ORDER BY v.rdata, v.owner COLLATE "C")
             FROM unnest(r.rdata, r.owners) AS v (rdata, owner)))
        ORDER BY r.zone, r.name, r.type), '[]'))
      FROM ${inSubtrees('$1', '$2')}`,
};

/**
 * Fails with a wrong presumption unless the scopes' subtrees hold these RRsets and no others. The order of an RRset's values
 * is no matter: the memory has those that stayed before those that came.
 */
export async function presumeRrsets(
  transaction: PipelinedTransaction,
  scopes: readonly ZoneScope[],
  presumed: readonly { readonly zone: string; readonly rrset: StoredRrset }[],
): Promise<void> {
  const subtrees = subtreePairs(scopes);
  const rows = presumed
    .map(({ zone, rrset }) => ({ zone, name: presentName(rrset.name), rrset }))
    .toSorted((a, b) => compare(a.zone, b.zone) || compare(a.name, b.name) || a.rrset.type - b.rrset.type)
    .map(({ zone, name, rrset: { type, ttl, values } }) => [
      zone,
      name,
      type,
      ttl,
      values.map(valueText).toSorted(byText),
    ]);
  await transaction.send(PRESUME_RRSETS, [
    subtrees.map(([zone]) => zone),
    subtrees.map(([, below]) => below),
    JSON.stringify(rows),
  ]);
}

/** RDATA as PostgreSQL shows bytea, and its owner. */
function valueText({ rdata, owner }: StoredValue): readonly [string, string] {
  return [`\\x${rdata.toString('hex')}`, owner];
}

function byText(a: readonly [string, string], b: readonly [string, string]): number {
  return compare(a[0], b[0]) || compare(a[1], b[1]);
}

/** Reads the RRsets in all the scopes, each once, by zone. */
export async function readRrsets(
  transaction: PipelinedTransaction,
  scopes: readonly ZoneScope[],
): Promise<Map<string, StoredRrset[]>> {
  const names = pairs(scopes, ({ names = [] }) => names.map(presentName));
  const subtrees = subtreePairs(scopes);
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
  add('subtrees', subtrees, (first) => `SELECT ${COLUMNS} FROM ${inSubtrees(`$${first}`, `$${first + 1}`)}`);
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

/** Each zone and what the reversed names in a subtree of it begin with. */
function subtreePairs(scopes: readonly ZoneScope[]): (readonly [string, string])[] {
  return pairs(scopes, ({ subtrees = [] }) => subtrees.map((name) => `${reverse(presentName(name))}.`));
}

/** As PostgreSQL orders text of collation C: names are ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
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
