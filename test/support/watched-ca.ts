import { join } from 'node:path';

import type { LimitDecision } from '../../src/acme-server/domain/rate-limits.js';
import { SILENT_LOG } from '../../src/acme-server/ports/server-log.js';
import { SandboxCa, type SandboxCaSettings } from '../../src/acme-server/sandbox/sandbox-ca.js';
import { MemoryAcmeStore } from '../../src/acme-server/store/memory/memory-acme-store.js';
import { MemoryLimits } from '../../src/acme-server/store/memory/memory-limits.js';
import { SystemClock } from '../../src/kernel/clock.js';

/** The sandbox's CA in this process, apart from every server, with its own record of its limits. */
export interface WatchedCa {
  readonly directoryUrl: string;
  /** PEM file that its TLS is trusted by. */
  readonly caFile: string;
  counts(): Promise<{ readonly orders: number; readonly certificates: number }>;
  /** Requests that it has answered with 429, by the limit. */
  refusals(): readonly string[];
  /** By `<limit>:<subject>`: milliseconds since the epoch. */
  tats(): ReadonlyMap<string, number>;
  /** How often it has spent the limit, all buckets together. */
  spent(limit: string): number;
  stop(): Promise<void>;
}

class WatchedLimits extends MemoryLimits {
  readonly refusals: string[] = [];
  readonly tats = new Map<string, number>();
  readonly spent = new Map<string, number>();

  override async spend(...args: Parameters<MemoryLimits['spend']>): Promise<LimitDecision> {
    const decision = await super.spend(...args);
    if (decision.refusal) {
      const { limit, subject } = decision.refusal.transaction;
      this.refusals.push(`${limit}:${subject}`);
    }
    for (const [key, tat] of decision.spent) {
      const [limit = ''] = key.split(':');
      this.tats.set(key, tat);
      this.spent.set(limit, (this.spent.get(limit) ?? 0) + 1);
    }
    return decision;
  }
}

class WatchedStore extends MemoryAcmeStore {
  override readonly limits = new WatchedLimits();
}

/** @param dnsPort where it asks for the challenges' TXT records, on the loopback address */
export async function startWatchedCa(
  folder: string,
  dnsPort: number,
  zones: readonly string[],
  options: SandboxCaSettings,
): Promise<WatchedCa> {
  const store = new WatchedStore();
  const ca = new SandboxCa(store, new SystemClock(), SILENT_LOG);
  const { directoryUrl, files } = await ca.start({
    listen: { address: '127.0.0.1', port: 0 },
    dataDirectory: join(folder, 'ca'),
    dnsAddress: { address: '127.0.0.1', port: dnsPort },
    zones,
    // A machine that starts servers again and again answers late.
    options: { dnsTiming: { udpMilliseconds: [3000, 6000, 12_000], tcpMilliseconds: 10_000 }, ...options },
  });
  return {
    directoryUrl,
    caFile: files.tlsRoot,
    counts: () => store.counts(),
    refusals: () => store.limits.refusals,
    tats: () => store.limits.tats,
    spent: (limit) => store.limits.spent.get(limit) ?? 0,
    stop: () => ca.stop(),
  };
}
