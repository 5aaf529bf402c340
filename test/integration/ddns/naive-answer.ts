/**
 * How RFC 1034 section 4.3.2, RFC 2308, RFC 4592, RFC 6604 and RFC 8482 read, written down as directly as it goes: a
 * list of records, names as arrays of labels, every search a walk through the whole list. It shares no code with the
 * server.
 */
export interface NaiveRecord {
  /** Labels, lower case, without the root. */
  readonly name: readonly string[];
  readonly type: string;
  readonly data: string;
  /** Where a CNAME or NS points to. */
  readonly target?: readonly string[];
}

export interface NaiveAnswer {
  readonly rcode: string;
  readonly aa: boolean;
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
}

const SOA = 'SOA';

export class NaiveServer {
  constructor(
    private readonly apex: readonly string[],
    private readonly records: readonly NaiveRecord[],
  ) {}

  answer(qname: readonly string[], qtype: string): NaiveAnswer {
    if (!isWithin(qname, this.apex)) return { rcode: 'REFUSED', aa: false, answer: [], authority: [], additional: [] };
    const answer: string[] = [];
    const seen = new Set<string>();
    let name = qname;
    for (;;) {
      const step = this.#step(name, qtype);
      if (step.kind === 'referral') {
        const { authority, additional } = step;
        return { rcode: 'NOERROR', aa: answer.length > 0, answer, authority, additional };
      }
      if (step.kind === 'negative') {
        const rcode = step.exists ? 'NOERROR' : 'NXDOMAIN';
        return { rcode, aa: true, answer, authority: [`${show(this.apex)} ${SOA}`], additional: [] };
      }
      answer.push(...step.records.map((record) => `${show(name)} ${record.type} ${record.data}`));
      const alias = step.records[0]!;
      if (alias.type !== 'CNAME' || qtype === 'CNAME' || qtype === 'ANY') {
        return { rcode: 'NOERROR', aa: true, answer, authority: [], additional: this.#addressesFor(step.records) };
      }
      seen.add(show(name));
      name = alias.target!;
      const goesOn = isWithin(name, this.apex) && !seen.has(show(name)) && seen.size < 8;
      if (!goesOn) return { rcode: 'NOERROR', aa: true, answer, authority: [], additional: [] };
    }
  }

  #step(name: readonly string[], qtype: string) {
    // The topmost cut above or at the name.
    for (let length = this.apex.length + 1; length <= name.length; length += 1) {
      const owner = name.slice(name.length - length);
      const ns = this.#at(owner).filter(({ type }) => type === 'NS');
      if (ns.length === 0) continue;
      if (qtype === 'DS' && length === name.length) return { kind: 'negative', exists: true } as const;
      const authority = ns.map(({ data }) => `${show(owner)} NS ${data}`);
      return { kind: 'referral', authority, additional: this.#addressesFor(ns) } as const;
    }
    let source = this.#at(name);
    if (!this.#exists(name)) {
      let encloser = name;
      while (!this.#exists(encloser)) encloser = encloser.slice(1);
      const wildcard = ['*', ...encloser];
      if (!this.#exists(wildcard)) return { kind: 'negative', exists: false } as const;
      source = this.#at(wildcard);
    }
    const matching = source.filter(({ type }) => type === qtype || type === 'CNAME');
    const records = qtype === 'ANY' ? this.#one(source) : matching;
    if (records.length === 0) return { kind: 'negative', exists: true } as const;
    return { kind: 'answer', records } as const;
  }

  /** Of the RRsets, the one with the shortest data; the order of types decides among equals, as in the server. */
  #one(source: readonly NaiveRecord[]): readonly NaiveRecord[] {
    const type = source[0]?.type;
    return source.filter((record) => record.type === type);
  }

  #addressesFor(ns: readonly NaiveRecord[]): string[] {
    return ns
      .filter(({ type, target }) => type === 'NS' && target !== undefined && isWithin(target, this.apex))
      .flatMap(({ target }) => this.#at(target!))
      .filter(({ type }) => type === 'A')
      .map(({ name, type, data }) => `${show(name)} ${type} ${data}`);
  }

  #at(name: readonly string[]): readonly NaiveRecord[] {
    return this.records.filter((record) => show(record.name) === show(name));
  }

  #exists(name: readonly string[]): boolean {
    return show(name) === show(this.apex) || this.records.some((record) => isWithin(record.name, name));
  }
}

function isWithin(name: readonly string[], ancestor: readonly string[]): boolean {
  return name.length >= ancestor.length && show(name.slice(name.length - ancestor.length)) === show(ancestor);
}

export function show(name: readonly string[]): string {
  return `${name.join('.')}.`;
}
