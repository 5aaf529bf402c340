import type { ListenAddress } from '../../platform/config/app-config.js';
import type { DnsCounters } from './dns-counters.js';
import { ListenError } from './listen-error.js';
import type { MessagePipeline } from './message-pipeline.js';
import { TcpConnections } from './tcp-connections.js';
import { TcpListener, type TcpListenerParts } from './tcp-listener.js';
import { DEFAULT_TCP_LIMITS, type TcpLimits } from './tcp-limits.js';
import { UdpListener } from './udp-listener.js';

export interface DnsListenersOptions {
  readonly counters: DnsCounters;
  readonly tcpLimits?: Partial<TcpLimits>;
  /** Other processes bind the UDP ports, too. TCP stays with this one. */
  readonly sharesUdp?: boolean;
}

/** Another free port is tried so often when an address with port 0 gets one whose TCP side is taken. */
const PORT_ATTEMPTS = 10;

/** UDP and TCP on every listen address of a process. */
export class DnsListeners {
  private constructor(
    /** What is bound, with the real port where 0 was asked for. */
    readonly bound: readonly ListenAddress[],
    private readonly listeners: readonly { close(): Promise<void> }[],
  ) {}

  /**
   * Binds all addresses or none.
   * @throws ListenError, which names the address that cannot be bound.
   */
  static async open(
    addresses: readonly ListenAddress[],
    pipeline: MessagePipeline,
    options: DnsListenersOptions,
  ): Promise<DnsListeners> {
    const limits = { ...DEFAULT_TCP_LIMITS, ...options.tcpLimits };
    const { counters, sharesUdp = false } = options;
    const connections = new TcpConnections(limits, counters);
    const parts = { pipeline, counters, limits, connections, sharesUdp };
    const listeners: { close(): Promise<void> }[] = [];
    const bound: ListenAddress[] = [];
    try {
      for (const address of addresses) {
        const { udp, tcp } = await openPair(address, parts);
        listeners.push(udp, tcp);
        bound.push({ address: address.address, port: udp.port });
      }
    } catch (error) {
      await Promise.all(listeners.map((listener) => listener.close()));
      throw error;
    }
    return new DnsListeners(bound, listeners);
  }

  /** Stops taking queries, and lets the answers under way go out. */
  async close(): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.close()));
  }
}

async function openPair(
  where: ListenAddress,
  parts: TcpListenerParts & { readonly sharesUdp: boolean },
): Promise<{ udp: UdpListener; tcp: TcpListener }> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = await UdpListener.open(where, parts.pipeline, parts.counters, { reusePort: parts.sharesUdp });
    try {
      return { udp, tcp: await TcpListener.open({ ...where, port: udp.port }, parts) };
    } catch (error) {
      await udp.close();
      const mayRetry = where.port === 0 && error instanceof ListenError && error.code === 'EADDRINUSE';
      if (!mayRetry || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
