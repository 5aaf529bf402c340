import { addressFamily } from '../../kernel/ip-address.js';
import { addressRdata } from './ip-name.js';
import { isAtOrBelow, type WireName } from './name.js';
import { TYPE } from './rr-type.js';
import { soaRdata } from './soa.js';
import { SYSTEM, type StoredValue } from './stored-rrset.js';
import type { ZoneEdit } from './zone-edit.js';

const APEX_TTL_SECONDS = 3600;
/** Negative answers, and with them new names, are seen after this time (RFC 2308 section 5). */
const MINIMUM_SECONDS = 60;
/** Secondaries are notified; this is what they do when a notification is lost (RFC 1912 section 2.2). */
const REFRESH_SECONDS = 900;
const RETRY_SECONDS = 300;
/** Shorter than half of the serials' circle (domain/serial.ts), longer than any holiday. */
const EXPIRE_SECONDS = 14 * 24 * 3600;

export interface ApexNameServer {
  readonly name: WireName;
  /** Normalized. */
  readonly addresses: readonly string[];
}

export interface ApexConfig {
  /** At least one; the first is the SOA's MNAME. */
  readonly nameServers: readonly ApexNameServer[];
  /** The hostmaster's mail address as a name (RFC 1035 section 3.3.13). */
  readonly rname: WireName;
}

/** The names that `describeApex` writes in this zone. */
export function apexNames(apex: WireName, { nameServers }: ApexConfig): WireName[] {
  return [apex, ...nameServers.map(({ name }) => name).filter((name) => isAtOrBelow(name, apex))];
}

/**
 * SOA, NS and the name servers' addresses as they are configured. The SOA is stored with serial 0: the true one is the
 * zone's.
 * @param formerNames where the system has records by now; what is configured no more is removed.
 */
export function describeApex(zone: ZoneEdit, config: ApexConfig, formerNames: readonly WireName[]): void {
  const { apex } = zone;
  const mname = config.nameServers[0]?.name;
  if (mname === undefined) throw new Error('A zone has at least one name server.');
  const soa = soaRdata({
    mname,
    rname: config.rname,
    serial: 0,
    refresh: REFRESH_SECONDS,
    retry: RETRY_SECONDS,
    expire: EXPIRE_SECONDS,
    minimum: MINIMUM_SECONDS,
  });
  const wanted = new Map<string, { name: WireName; type: number; rdatas: readonly Uint8Array[] }>();
  const want = (name: WireName, type: number, rdatas: readonly Uint8Array[]): void => {
    if (rdatas.length > 0) wanted.set(`${type} ${name}`, { name, type, rdatas });
  };
  want(apex, TYPE.SOA, [soa]);
  want(
    apex,
    TYPE.NS,
    config.nameServers.map(({ name }) => Buffer.from(name, 'latin1')),
  );
  for (const { name, addresses } of config.nameServers) {
    if (!isAtOrBelow(name, apex)) continue;
    for (const [family, type] of [
      [4, TYPE.A],
      [6, TYPE.AAAA],
    ] as const) {
      const own = addresses.filter((address) => addressFamily(address) === family);
      want(name, type, own.map(addressRdata));
    }
  }
  for (const { name, type, ttl, values } of formerNames.flatMap((former) => zone.at(former))) {
    if (type === TYPE.CAA || wanted.has(`${type} ${name}`)) continue;
    const others = values.filter(({ owner }) => owner !== SYSTEM);
    if (others.length < values.length) zone.put(name, type, ttl, others);
  }
  for (const { name, type, rdatas } of wanted.values()) zone.put(name, type, APEX_TTL_SECONDS, systemValues(rdatas));
}

/** The CAs that may issue (RFC 8659); without values the RRset goes. What an operator set beside it stays. */
export function setApexCaa(zone: ZoneEdit, rdatas: readonly Uint8Array[]): void {
  const others = (zone.find(zone.apex, TYPE.CAA)?.values ?? []).filter(({ owner }) => owner !== SYSTEM);
  zone.put(zone.apex, TYPE.CAA, APEX_TTL_SECONDS, [...systemValues(rdatas), ...others]);
}

function systemValues(rdatas: readonly Uint8Array[]): StoredValue[] {
  return rdatas.map((rdata) => ({ rdata: Buffer.from(rdata), owner: SYSTEM }));
}

/** `host.master@example.com` as `host\.master.example.com`; undefined when it is no mail address. */
export function hostmasterText(mail: string): string | undefined {
  const at = mail.lastIndexOf('@');
  if (at < 1 || at === mail.length - 1) return undefined;
  return `${mail.slice(0, at).replaceAll('\\', '\\\\').replaceAll('.', '\\.')}.${mail.slice(at + 1)}`;
}
