import { getServers } from 'node:dns';

import type { AppConfig, ListenAddress } from '../../platform/config/app-config.js';
import { parseListen } from '../../platform/config/parsers.js';
import type { DelegationLook } from './delegation-observations.js';

const DNS_PORT = 53;
const TIMEOUT_MILLISECONDS = 5_000;

/**
 * As configured: through the machine's own resolvers. undefined in the sandbox, whose zone nobody delegates, and where it
 * is switched off.
 */
export function delegationLook({ sandbox, dns, alarms }: AppConfig): DelegationLook | undefined {
  if (sandbox || !alarms.delegation) return undefined;
  return {
    zones: dns.zones,
    nameServers: dns.nameServers,
    resolvers: getServers().flatMap(resolverAddress),
    timeoutMilliseconds: TIMEOUT_MILLISECONDS,
  };
}

/** `192.0.2.1`, `192.0.2.1:54`, `2001:db8::1`, `[2001:db8::1]:54`, as Node tells them. */
function resolverAddress(text: string): ListenAddress[] {
  const withPort = /^\[.*\]:\d+$|^[^:]+:\d+$/.test(text) ? text : undefined;
  return [withPort === undefined ? { address: text, port: DNS_PORT } : parseListen(withPort)];
}
