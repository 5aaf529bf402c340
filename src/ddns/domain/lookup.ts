import { oneRrset } from './any-type.js';
import { closestEncloser } from './closest-encloser.js';
import { findCut, referral } from './delegation.js';
import { isEmptyNonTerminal } from './empty-non-terminal.js';
import { glueFor } from './glue.js';
import { synthesizeAddress, type AddressFilter } from './ip-synthesis.js';
import { NO_RRSETS, type LookupResult } from './lookup-result.js';
import { isAtOrBelow, type WireName } from './name.js';
import { behindAliases, NODATA, NXDOMAIN } from './negative.js';
import { TYPE } from './rr-type.js';
import type { OwnedRrset, Rrset } from './rrset.js';
import { sourceOfSynthesis } from './wildcard.js';
import type { ZoneNode } from './zone-node.js';
import type { ZoneView } from './zone.js';

/** An alias chain is followed so far; the resolver goes on from there. */
const MAX_ALIASES = 8;

type Node = Pick<ZoneNode, 'find' | 'rrsets' | 'any' | 'children'>;

/**
 * Answers a question from one zone (RFC 1034 section 4.3.2, RFC 4592). The name is in the zone. Aliases are followed as
 * far as this zone goes.
 * @param allows the addresses to synthesise IP-encoded names for; undefined: none.
 */
export function lookup(zone: ZoneView, qname: WireName, qtype: number, allows?: AddressFilter): LookupResult {
  const first = lookupOnce(zone, qname, qtype, allows);
  const alias = aliasIn(first, qtype);
  return alias === undefined ? first : followAliases(zone, first, alias, qtype, allows);
}

function followAliases(
  zone: ZoneView,
  first: LookupResult,
  target: WireName,
  qtype: number,
  allows: AddressFilter | undefined,
): LookupResult {
  const aliases: OwnedRrset[] = [...first.answer];
  let next: WireName | undefined = target;
  while (next !== undefined && aliases.length < MAX_ALIASES) {
    const owner: WireName = next;
    // A loop ends where it closes; a target elsewhere is the resolver's to follow.
    if (!isAtOrBelow(owner, zone.apex) || aliases.some((alias) => alias.owner === owner)) break;
    const result = lookupOnce(zone, owner, qtype, allows);
    next = aliasIn(result, qtype);
    if (next === undefined) return behindAliases(result, aliases);
    aliases.push(...result.answer);
  }
  return { kind: 'answer', answer: aliases, authority: NO_RRSETS, additional: NO_RRSETS };
}

/** Where the alias points that this result consists of; undefined when it is none, or was asked for. */
function aliasIn({ answer }: LookupResult, qtype: number): WireName | undefined {
  const rrset = answer[0]?.rrset;
  if (rrset?.type !== TYPE.CNAME || qtype === TYPE.CNAME || qtype === TYPE.ANY) return undefined;
  return rrset.rdataStrings()[0];
}

function lookupOnce(zone: ZoneView, qname: WireName, qtype: number, allows: AddressFilter | undefined): LookupResult {
  if (zone.cuts > 0) {
    const cut = findCut(zone, qname);
    // The parent answers for the DS RRset of a child (RFC 4035 section 3.1.4.1).
    if (cut) return cut.owner === qname && qtype === TYPE.DS ? NODATA : referral(zone, cut);
  }
  const node = zone.node(qname);
  if (node) return isEmptyNonTerminal(node) ? NODATA : answerFrom(zone, node, qname, qtype);

  const encloser = closestEncloser(zone, qname);
  if (allows) {
    const rrset = synthesizeAddress(zone, qname, encloser, allows);
    if (rrset) return rrset.type === qtype || qtype === TYPE.ANY ? answer(zone, qname, rrset) : NODATA;
  }
  const source = sourceOfSynthesis(zone, encloser) as Node | undefined;
  if (!source) return NXDOMAIN;
  return answerFrom(zone, source, qname, qtype);
}

/** The node's records under the name that was asked for: its own, or the one that a wildcard stands for. */
function answerFrom(zone: ZoneView, node: Node, qname: WireName, qtype: number): LookupResult {
  const rrset = qtype === TYPE.ANY ? oneRrset(node) : (node.find(qtype) ?? node.find(TYPE.CNAME));
  return rrset ? answer(zone, qname, rrset) : NODATA;
}

function answer(zone: ZoneView, owner: WireName, rrset: Rrset): LookupResult {
  return {
    kind: 'answer',
    answer: [{ owner, rrset }],
    authority: NO_RRSETS,
    additional: rrset.type === TYPE.NS ? glueFor(zone, rrset) : NO_RRSETS,
  };
}
