import { join } from 'node:path';

import { SILENT_LOG } from '../../src/acme-server/ports/server-log.js';
import { SandboxCa } from '../../src/acme-server/sandbox/sandbox-ca.js';
import { MemoryAcmeStore } from '../../src/acme-server/store/memory/memory-acme-store.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { startPebble } from '../support/pebble.js';
import { startCountingProxy } from './crash-proxy.js';

export const CRASH_ZONE = 'd.example.com';

/** A CA in a process that is not killed, and what it has done. */
export interface CrashCa {
  readonly directoryUrl: string;
  /** PEM file that its TLS is trusted by. */
  readonly caFile: string;
  counts(): Promise<{ readonly orders: number; readonly certificates: number }>;
  /** Where it is possible: the answer to the next newOrder is lost on its way, after the CA has made the order. */
  loseNextOrderAnswer?(): void;
  stop(): Promise<void>;
}

/** Debian's Pebble behind a proxy that counts. It hands no pending order back. */
export async function openPebble(folder: string, dnsPort: number): Promise<CrashCa> {
  const pebble = await startPebble({ dnsServer: `127.0.0.1:${dnsPort}`, authorizationReusePercent: 0 });
  const proxy = await startCountingProxy(pebble, folder);
  return {
    directoryUrl: proxy.directoryUrl,
    caFile: proxy.caFile,
    counts: async () => proxy.counts(),
    loseNextOrderAnswer: () => proxy.loseNextOrderAnswer(),
    stop: async () => {
      await proxy.close();
      await pebble.stop();
    },
  };
}

/** The sandbox's CA, outside of the server. It hands a pending order back for the same names, as Let's Encrypt does. */
export async function openSandboxCa(folder: string, dnsPort: number): Promise<CrashCa> {
  const store = new MemoryAcmeStore();
  const ca = new SandboxCa(store, new SystemClock(), SILENT_LOG);
  const { directoryUrl, files } = await ca.start({
    listen: { address: '127.0.0.1', port: 0 },
    dataDirectory: join(folder, 'ca'),
    dnsAddress: { address: '127.0.0.1', port: dnsPort },
    zones: [CRASH_ZONE],
    options: { nonceRejectionPercent: 5 },
  });
  return { directoryUrl, caFile: files.tlsRoot, counts: () => store.counts(), stop: () => ca.stop() };
}
