import { Injectable, Logger } from '@nestjs/common';

import { ChallengeRecords } from '../../ddns/publishing/challenge-records.js';
import { CaAccounts } from '../accounts/ca-accounts.js';
import { isInTrouble } from '../accounts/ca-state.js';
import { CaWatch } from '../accounts/ca-watch.js';
import type { AbandonedOrder } from './order-moves.js';

/** Authorizations are taken back at a CA for so many orders at once that have left it. */
const MOST_TAKEN_BACK = 20;

/** Orders that have left their CA leave TXT records behind, and authorizations that nobody will answer. */
@Injectable()
export class AbandonedOrders {
  private readonly logger = new Logger(AbandonedOrders.name);

  constructor(
    private readonly accounts: CaAccounts,
    private readonly watch: CaWatch,
    private readonly challenges: ChallengeRecords,
  ) {}

  /** Never rejects: what stays is swept up with the order's end, or ends by its age. */
  async cleanUp(abandoned: readonly AbandonedOrder[]): Promise<void> {
    for (const { orderId } of abandoned) {
      try {
        await this.challenges.withdraw({ orderId });
      } catch (error) {
        this.logger.warn({ err: error, orderId }, 'TXT records of an order that has moved are left for its end');
      }
    }
    if (abandoned.length > 0) void this.#takeBack(abandoned.slice(0, MOST_TAKEN_BACK));
  }

  /** A courtesy: authorizations that nobody will answer count against the CA's limit of pending ones. Never rejects. */
  async #takeBack(abandoned: readonly AbandonedOrder[]): Promise<void> {
    for (const { accountId, acmeOrderUrl } of abandoned) {
      try {
        const { ca } = await this.accounts.open(accountId);
        if (isInTrouble((await this.watch.states()).get(ca.directoryUrl))) return;
        const order = await ca.getOrder(acmeOrderUrl);
        if (order.status !== 'pending') continue;
        for (const url of order.authorizationUrls) await ca.deactivateAuthorization(url);
      } catch (error) {
        this.logger.debug({ err: error, acmeOrderUrl }, 'an abandoned order is left to its age');
      }
    }
  }
}
