import type { ListenAddress } from '../../platform/config/app-config.js';
import type { WireName } from '../domain/name.js';
import type { ZoneDiff } from '../domain/zone-diff.js';
import type { Counts } from '../listeners/dns-counters.js';
import type { MessageSource } from '../listeners/message-hook.js';

/** What a worker needs to answer as the main process does. Everything in it survives structured cloning. */
export interface WorkerSettings {
  /** The addresses that the main process has bound, with their real ports. */
  readonly listen: readonly ListenAddress[];
  /** Synthesise IP-encoded names for addresses in these ranges (CIDR texts), or for any; absent: for none. */
  readonly synthesize?: { readonly ranges?: readonly string[] };
  /** Responses a second and client prefix, of this process alone; absent: no limit. */
  readonly responsesPerSecond?: number;
  readonly limitsLoopback: boolean;
  /** The cookies' secrets, of the period `first` and of those after it. */
  readonly cookieSecrets: { readonly first: number; readonly secrets: readonly Uint8Array[] };
}

/** What a worker has to do, in the order in which it came; each is acknowledged when it is done. */
export type WorkerOrder =
  /** A new zone, empty and not served yet. */
  | { readonly kind: 'begin'; readonly apex: WireName }
  /** Some of its RRsets (zone-chunks.ts). */
  | { readonly kind: 'fill'; readonly apex: WireName; readonly octets: Uint8Array }
  /** It is complete: serve it, in the place of the old one. */
  | { readonly kind: 'serve'; readonly apex: WireName }
  /** One change of a served zone. */
  | { readonly kind: 'change'; readonly apex: WireName; readonly diff: ZoneDiff }
  /** Bind the addresses; acknowledged when that has begun, `listening` follows. */
  | { readonly kind: 'listen'; readonly settings: WorkerSettings }
  /** Nothing but the acknowledgement, which carries the counters. */
  | { readonly kind: 'ping' };

/** From the main process to a worker. */
export type ToWorker =
  | { readonly kind: 'order'; readonly sequence: number; readonly order: WorkerOrder }
  /** An answer to a forwarded message, to be sent from the socket that it came to. */
  | { readonly kind: 'answer'; readonly id: number; readonly message: Uint8Array }
  /** A forwarded message gets no more answers. */
  | { readonly kind: 'answered'; readonly id: number }
  /** Close the sockets and end. */
  | { readonly kind: 'stop' };

/** From a worker to the main process. */
export type FromWorker =
  | { readonly kind: 'done'; readonly sequence: number; readonly counters?: Counts }
  | { readonly kind: 'listening' }
  /** A datagram that is no ordinary query: NOTIFY, UPDATE, or one with TSIG. */
  | { readonly kind: 'forward'; readonly id: number; readonly message: Uint8Array; readonly source: MessageSource }
  /** A message was answered with SERVFAIL: a fault of ours. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Its last words: the counters. */
  | { readonly kind: 'stopped'; readonly counters: Counts };
