import { isAtOrBelow, type WireName } from '../../ddns/domain/name.js';
import { readMessage, type WireMessage, type WireRecord } from '../../ddns/wire/rr-reader.js';
import { RR_TYPE } from '../../ddns/wire/dns-query.js';

/** What an authoritative answer says about one name and type. */
export type Finding =
  | { readonly kind: 'records'; readonly records: readonly WireRecord[] }
  | { readonly kind: 'no-data' }
  | { readonly kind: 'no-name' }
  /** A CNAME leads out of the answer: ask for its target. */
  | { readonly kind: 'alias'; readonly target: WireName }
  /** A resolver in front of this server would answer SERVFAIL; `reason` says why. */
  | { readonly kind: 'failure'; readonly reason: string };

const MAX_ALIASES = 10;
const RESPONSE_CODES: Readonly<Record<number, string>> = { 1: 'FORMERR', 2: 'SERVFAIL', 4: 'NOTIMP', 5: 'REFUSED' };

/**
 * Reads an answer as strictly as the CA's resolvers do (field notes, section 3): not authoritative is no answer, and a
 * negative one without the zone's SOA is none either.
 */
export function interpretAnswer(message: Buffer, name: WireName, type: number): Finding {
  let answer: WireMessage;
  try {
    answer = readMessage(message);
  } catch (error) {
    return failure(`the answer is not a DNS message: ${(error as Error).message}`);
  }
  const code = answer.flags & 0x000f;
  if (code !== 0 && code !== 3) return failure(`the name server answered ${RESPONSE_CODES[code] ?? `RCODE ${code}`}`);
  if ((answer.flags & 0x0400) === 0) return failure('the answer is not authoritative: the AA bit is not set');

  const owner = followAliases(answer.answers, name);
  if (owner === undefined) return failure('the answer has a loop of CNAME records');
  const records = answer.answers.filter(
    (record) => record.type === type && record.name === owner && record.class === 1,
  );
  if (records.length > 0) return { kind: 'records', records };
  const hasSoa = answer.authority.some((record) => record.type === RR_TYPE.SOA && isAtOrBelow(owner, record.name));
  if (hasSoa) return { kind: code === 3 ? 'no-name' : 'no-data' };
  if (owner !== name) return { kind: 'alias', target: owner };
  return failure('the negative answer has no SOA record in its authority section');
}

/** The last name of the chain of CNAME records that begins at `name`; undefined when it does not end. */
function followAliases(records: readonly WireRecord[], name: WireName): WireName | undefined {
  let owner = name;
  for (let hops = 0; hops <= MAX_ALIASES; hops += 1) {
    const alias = records.find((record) => record.type === RR_TYPE.CNAME && record.name === owner);
    if (!alias) return owner;
    owner = alias.rdata.toString('latin1');
  }
  return undefined;
}

function failure(reason: string): Finding {
  return { kind: 'failure', reason };
}
