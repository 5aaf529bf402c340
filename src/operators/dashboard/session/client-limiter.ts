import { gcraSpend, type GcraLimit } from '../../../kernel/gcra.js';

const MOST_CLIENTS = 10_000;

/**
 * A rate limit for each client in bounded memory: when it is full, those that were held back least recently go first.
 * Clients are IPv4 addresses and IPv6 networks of 64 bits, which is what one customer gets.
 */
export class ClientLimiter {
  /** TAT by client, in the order of their last try. */
  readonly #tats = new Map<string, number>();

  constructor(
    private readonly limit: GcraLimit,
    private readonly mostClients = MOST_CLIENTS,
  ) {}

  /** How many clients are remembered. */
  get size(): number {
    return this.#tats.size;
  }

  /** @returns milliseconds until the client may try again; 0 when this try counts. @param now milliseconds */
  spend(address: string, now: number): number {
    const client = clientOf(address);
    const { allowed, tat, retryAfterMilliseconds } = gcraSpend(this.limit, this.#tats.get(client), now);
    this.#tats.delete(client);
    this.#tats.set(client, tat);
    if (this.#tats.size > this.mostClients) this.#tats.delete(this.#tats.keys().next().value!);
    return allowed ? 0 : retryAfterMilliseconds;
  }

  /** The client did well: it starts anew. */
  forgive(address: string): void {
    this.#tats.delete(clientOf(address));
  }
}

function clientOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!plain.includes(':')) return plain;
  // Enough of RFC 4291's forms: what is left of :: and the first four groups.
  const [head = '', tail] = plain.split('%')[0]!.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  return [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail?.split(':') ?? [])]
    .slice(0, 4)
    .join(':');
}
