/** RR types and QTYPEs that this server knows by name (IANA "Resource Record (RR) TYPEs"). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  DS: 43,
  OPT: 41,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const;

export const CLASS_IN = 1;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TYPE).map(([name, number]) => [number, name]));
const UNKNOWN = /^TYPE(\d{1,5})$/;

/** `A`, or `TYPE65280` for a type without a name here (RFC 3597 section 5). */
export function typeName(type: number): string {
  return NAMES.get(type) ?? `TYPE${type}`;
}

/** The number of a type's name in any case, also in the form `TYPE65280`; undefined for anything else. */
export function typeNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  if (Object.hasOwn(TYPE, upper)) return TYPE[upper as keyof typeof TYPE];
  const unknown = UNKNOWN.exec(upper);
  const number = unknown ? Number(unknown[1]) : undefined;
  return number !== undefined && number <= 0xffff ? number : undefined;
}

/** Can records of this type be data of a zone? Not the meta types and QTYPEs (RFC 6895 section 3.1). */
export function isDataType(type: number): boolean {
  return type > 0 && type !== TYPE.OPT && !(type >= 128 && type <= 255) && type <= 0xfeff;
}
