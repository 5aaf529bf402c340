import { Injectable } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import type { SignedRequestIdentity } from '../transfer/authentication.js';
import type { UpdateRcode } from './domain/update-request.js';

/** So many are remembered at most: more than a client with a key can be let apply within the time that they count. */
const MAX_REMEMBERED = 50_000;

type Outcome = UpdateRcode | 'NOERROR' | 'SERVFAIL';

interface Applied {
  readonly outcome: Promise<Outcome>;
  /** Unix time in seconds. */
  readonly expires: number;
}

/**
 * Applies each signed update once. The same octets may come again: from a client that got no answer, or from somebody
 * who has recorded them and wants to bring back what has been changed since (RFC 8945 section 11.2). Both get the answer
 * that the first got, and nothing is changed. Section 5.2.3 would have every message refused whose time is before
 * another's of the same key; that breaks clients that share a key, and updates that overtake each other.
 *
 * The memory is this process': a recorded update is applied once by each server that it is sent to, and again by one
 * that was started anew, until its signature expires.
 */
@Injectable()
export class AppliedUpdates {
  readonly #applied = new Map<string, Applied>();

  constructor(private readonly clock: Clock) {}

  once({ mac, expires }: SignedRequestIdentity, apply: () => Promise<Outcome>): Promise<Outcome> {
    const known = this.#applied.get(mac);
    if (known) return known.outcome;
    this.#makeRoom();
    const outcome = apply();
    this.#applied.set(mac, { outcome, expires });
    // What failed for a reason of ours may be tried again.
    outcome.then(
      (rcode) => rcode === 'SERVFAIL' && this.#applied.delete(mac),
      () => this.#applied.delete(mac),
    );
    return outcome;
  }

  /** Forgets from the oldest on what has expired, and one more where there are too many. */
  #makeRoom(): void {
    const now = this.clock.now().getTime() / 1000;
    for (const [mac, { expires }] of this.#applied) {
      if (expires > now && this.#applied.size < MAX_REMEMBERED) return;
      this.#applied.delete(mac);
    }
  }
}
