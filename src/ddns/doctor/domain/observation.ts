import type { CaaRecord } from '../../domain/caa.js';

/** A record as the doctor saw it. Names are in presentation format, lower case, without the final dot. */
export interface ObservedRecord {
  readonly name: string;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  /** NS, CNAME: the target; A, AAAA: the address; TXT: its strings joined; SOA: its seven fields; else presentation format. */
  readonly value: string;
  /** Of a CAA record. */
  readonly caa?: CaaRecord;
}

export interface ObservedAnswer {
  readonly kind: 'answer';
  /** With the upper bits from OPT (RFC 6891 section 6.1.3). */
  readonly rcode: number;
  readonly aa: boolean;
  readonly ra: boolean;
  readonly tc: boolean;
  /** The question came back in the spelling that was sent. */
  readonly caseKept: boolean;
  readonly octets: number;
  /** The OPT record, where there is one. */
  readonly edns?: { readonly version: number; readonly optionCodes: readonly number[] };
  readonly answers: readonly ObservedRecord[];
  readonly authority: readonly ObservedRecord[];
  readonly additional: readonly ObservedRecord[];
}

export interface Silence {
  readonly kind: 'silence';
  /** Completes "no answer: …". */
  readonly reason: string;
  /** It is the doctor's own machine that has no way there (no IPv6, mostly). */
  readonly isOurs: boolean;
}

/** What came of one question over one transport. */
export type Observation = ObservedAnswer | Silence;

const RCODES: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  9: 'NOTAUTH',
  16: 'BADVERS',
};

export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE ${rcode}`;
}

/** The values of a type at a name in the answer section. */
export function valuesAt(answer: ObservedAnswer, name: string, type: number): readonly string[] {
  return answer.answers.filter((record) => record.name === name && record.type === type).map(({ value }) => value);
}

/** The serial of a SOA's value. */
export function serialOf(soaValue: string): number {
  return Number(soaValue.split(' ')[2]);
}

/** Differences of two sets: in `wanted` only, in `seen` only. */
export function setDifference(
  wanted: readonly string[],
  seen: readonly string[],
): { readonly missing: readonly string[]; readonly extra: readonly string[] } {
  return {
    missing: wanted.filter((entry) => !seen.includes(entry)),
    extra: seen.filter((entry, index) => !wanted.includes(entry) && seen.indexOf(entry) === index),
  };
}
