import { isIP } from 'node:net';

import { InvalidArgumentError } from 'commander';

import { isHostName, normalizeName } from '../kernel/domain-name.js';
import type { ListenAddress } from '../platform/config/app-config.js';

export interface DoctorOptions {
  readonly zone: readonly string[];
  readonly json?: boolean;
  readonly printDelegation?: boolean;
  readonly resolver: readonly ListenAddress[];
  readonly parent?: ListenAddress;
  readonly port?: number;
  /** Seconds. */
  readonly timeout: number;
  /** Seconds. */
  readonly wait: number;
  readonly write: boolean;
}

const DNS_PORT = 53;

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:5353`; undefined for anything else. */
export function readServerAddress(text: string): ListenAddress | undefined {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT };
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+))(?::(?<port>\d{1,5}))?$/.exec(text);
  const { six, four, port = String(DNS_PORT) } = match?.groups ?? {};
  const address = six ?? four ?? '';
  if (isIP(address) !== (six === undefined ? 4 : 6) || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { address, port: Number(port) };
}

export function parseServer(text: string): ListenAddress {
  const server = readServerAddress(text);
  if (!server) throw new InvalidArgumentError('an IP address, with or without a port, such as 192.0.2.1:53.');
  return server;
}

export function parseServers(text: string, previous: readonly ListenAddress[]): readonly ListenAddress[] {
  return [...previous, parseServer(text)];
}

export function parseZones(text: string, previous: readonly string[]): readonly string[] {
  if (!isHostName(text)) throw new InvalidArgumentError('a domain name such as d.example.com.');
  return [...previous, normalizeName(text)];
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('a port, 1 to 65535.');
  return port;
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds < 0.1 || seconds > 300) {
    throw new InvalidArgumentError('seconds, 0.1 to 300.');
  }
  return seconds;
}
