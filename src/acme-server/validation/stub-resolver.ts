import { randomBytes } from 'node:crypto';

import { mustWireName, presentName, wireName } from '../../ddns/domain/name.js';
import type { WireRecord } from '../../ddns/wire/rr-reader.js';
import type { CaaRecord } from '../../ddns/domain/caa.js';
import { DnsFailure } from './dns-failure.js';
import { dnsQuery, RR_TYPE } from '../../ddns/wire/dns-query.js';
import { DEFAULT_TIMING, exchange, TransportFailure, type DnsAddress } from '../../ddns/wire/dns-transport.js';
import { interpretAnswer, type Finding } from './interpret-answer.js';

const MAX_ALIASES = 10;

type LookupType = 'TXT' | 'CAA';
type Lookup =
  { readonly records: readonly WireRecord[] } | { readonly records: readonly []; readonly isMissingName: boolean };

/**
 * Looks names up at one authoritative name server, which has to know everything that is asked for. Node's own resolver
 * does not show what this is about: the AA bit, the SOA, the case of letters.
 */
export class StubResolver {
  constructor(
    private readonly server: DnsAddress,
    private readonly timing = DEFAULT_TIMING,
  ) {}

  /** The values of a TXT record set, each record's strings joined. Throws DnsFailure, also when the name is missing. */
  async lookupTxt(name: string): Promise<readonly string[]> {
    const lookup = await this.#lookup(name, 'TXT');
    if ('isMissingName' in lookup && lookup.isMissingName) throw new DnsFailure('NXDOMAIN', 'TXT', name);
    return lookup.records.map(({ rdata }) => joinStrings(rdata));
  }

  /**
   * A CAA record set. A missing name has none (records made for a validation may be gone again), unless it is a top
   * level domain: for one that does not exist nothing is issued. Throws DnsFailure.
   */
  async lookupCaa(name: string): Promise<readonly CaaRecord[]> {
    const lookup = await this.#lookup(name, 'CAA');
    if ('isMissingName' in lookup && lookup.isMissingName && !name.includes('.')) {
      throw new DnsFailure('NXDOMAIN', 'CAA', name);
    }
    return lookup.records.map(({ rdata }) => readCaa(rdata, name));
  }

  async #lookup(name: string, type: LookupType): Promise<Lookup> {
    // 253 characters make a name, but not with `_acme-challenge.` before them.
    if (wireName(name) === undefined)
      throw new DnsFailure('SERVFAIL', type, name, 'the name is too long to be asked for');
    let asked = name;
    for (let hops = 0; hops <= MAX_ALIASES; hops += 1) {
      const finding = await this.#ask(asked, type, name);
      switch (finding.kind) {
        case 'records':
          return { records: finding.records };
        case 'no-data':
        case 'no-name':
          return { records: [], isMissingName: finding.kind === 'no-name' };
        case 'failure':
          throw new DnsFailure('SERVFAIL', type, name, finding.reason);
        case 'alias':
          asked = presentName(finding.target);
      }
    }
    throw new DnsFailure('SERVFAIL', type, name, `more than ${MAX_ALIASES} CNAME records in a row`);
  }

  async #ask(asked: string, type: LookupType, name: string): Promise<Finding> {
    try {
      const answer = await exchange(this.server, dnsQuery(asked, RR_TYPE[type], randomBytes), this.timing);
      return interpretAnswer(answer, mustWireName(asked), RR_TYPE[type]);
    } catch (error) {
      if (!(error instanceof TransportFailure)) throw error;
      switch (error.kind) {
        case 'timeout':
          throw new DnsFailure('query timed out', type, name);
        case 'network':
          throw new DnsFailure('networking error', type, name);
        case 'letter-case':
          throw new DnsFailure('SERVFAIL', type, name, 'the answer does not keep the letter case of the question');
      }
    }
  }
}

/** One character an octet: a value that is not ASCII is equal to nothing that we look for. */
function joinStrings(rdata: Buffer): string {
  let text = '';
  for (let at = 0; at < rdata.length; at += 1 + (rdata[at] ?? 0)) {
    text += rdata.toString('latin1', at + 1, at + 1 + (rdata[at] ?? 0));
  }
  return text;
}

/** RFC 8659 section 4.1. */
function readCaa(rdata: Buffer, name: string): CaaRecord {
  const tagOctets = rdata[1] ?? 0;
  if (rdata.length < 2 + tagOctets || tagOctets === 0) {
    throw new DnsFailure('SERVFAIL', 'CAA', name, 'a CAA record has no proper tag');
  }
  return {
    flags: rdata[0] ?? 0,
    tag: rdata.toString('latin1', 2, 2 + tagOctets),
    value: rdata.toString('latin1', 2 + tagOctets),
  };
}
