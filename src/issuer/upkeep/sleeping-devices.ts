import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { Device } from '../../devices/domain/device.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { APP_CONFIG, type AppConfig } from '../../platform/config/app-config.js';
import { recordEvents } from '../../platform/events/record-events.js';
import { decideOnSleeping } from '../domain/planner/sleeping-device.js';
import { OrderIntake } from '../orders/order-intake.js';
import { IS_OPEN } from '../orders/order-row.js';

/** New orders of one round; the rest comes in the next. */
const MOST_A_ROUND = 500;

interface DueRow {
  id: string;
  order_id: string;
  device_id: string;
  renew_at: Date;
  not_after: Date;
  ari_revoked: boolean;
  renew_while_away: boolean;
  last_seen_at: Date;
  name: string;
  zone: string;
  addresses: string[];
  wildcard: boolean;
  aliases: string[];
}

/**
 * Renews for devices that have not come for their renewal, from their last CSR and so for the key that they have: the
 * certificate is ready when they wake, and the renewal stays free of the CA's limits. A device that was silent for too
 * long, or does not want it, lapses: an event, once.
 */
@Injectable()
export class SleepingDevices {
  private readonly logger = new Logger(SleepingDevices.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly intake: OrderIntake,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** @returns how many orders were made */
  async renew(): Promise<number> {
    const now = this.clock.now();
    let renewed = 0;
    for (const row of await this.overdue(now)) {
      const decision = decideOnSleeping(
        {
          consents: row.renew_while_away,
          lastSeenAt: row.last_seen_at.getTime(),
          renewAt: row.renew_at.getTime(),
          notAfter: row.not_after.getTime(),
          revoked: row.ari_revoked,
        },
        now.getTime(),
        this.config.acme.renewSilentDays,
      );
      if (decision.kind === 'lapse') await this.lapse(row, now);
      else if (decision.kind === 'renew' && (await this.order(row))) renewed += 1;
      if (renewed >= MOST_A_ROUND) break;
    }
    return renewed;
  }

  /** Certificates in force whose time for renewal has come, without an order. */
  private overdue(now: Date): Promise<DueRow[]> {
    return this.dataSource.query(
      `SELECT c.id, c.order_id, c.device_id, c.renew_at, c.not_after, c.ari_revoked, issued.renew_while_away,
              coalesce(d.last_seen_at, d.enrolled_at) AS last_seen_at, d.name, d.zone, d.addresses, d.wildcard, d.aliases
         FROM certificates c
         JOIN devices d ON d.id = c.device_id AND d.state = 'active'
         JOIN issuance_orders issued ON issued.id = c.order_id
        WHERE c.revoked_at IS NULL AND c.lapsed_at IS NULL AND c.renew_at <= $1 AND c.not_after > $1
          AND NOT EXISTS (SELECT 1 FROM certificates newer WHERE newer.device_id = c.device_id AND newer.created_at > c.created_at)
          AND NOT EXISTS (SELECT 1 FROM issuance_orders o WHERE o.device_id = c.device_id AND ${IS_OPEN})
        ORDER BY c.not_after`,
      [now],
    );
  }

  private async order(row: DueRow): Promise<boolean> {
    const device: Device = {
      deviceId: row.device_id,
      name: row.name,
      zone: row.zone,
      state: 'active',
      addresses: row.addresses,
      wildcard: row.wildcard,
      aliases: row.aliases,
    };
    const rows: { csr_der: Buffer }[] = await this.dataSource.query(
      `SELECT csr_der FROM issuance_orders WHERE id = $1`,
      [row.order_id],
    );
    try {
      const { orderId } = await this.intake.submit(device, rows[0]!.csr_der.toString('base64'));
      this.logger.log({ deviceId: row.device_id, orderId }, 'renewing for a device that has not come for it');
      return true;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // Its last CSR may not be used again (the key was reported, the names have changed): only the device can help.
      this.logger.warn({ deviceId: row.device_id, reason: error.detail }, 'no renewal for a device that is away');
      return false;
    }
  }

  /** Once, whichever server looks first: the mark and the event are written together. */
  private async lapse(row: DueRow, now: Date): Promise<void> {
    await this.dataSource.transaction(async (transaction) => {
      const [marked]: [unknown[], number] = await transaction.query(
        `UPDATE certificates SET lapsed_at = $2 WHERE id = $1 AND lapsed_at IS NULL RETURNING id`,
        [row.id, now],
      );
      if (marked.length === 0) return;
      await recordEvents(transaction, [
        {
          type: 'certificate.lapsed',
          subject: { kind: 'device', id: row.device_id, name: row.name },
          message: lapseSentence(row, this.config.acme.renewSilentDays),
          data: {
            reason: row.renew_while_away ? 'silent' : 'no_consent',
            lastSeenAt: row.last_seen_at.toISOString(),
            notAfter: row.not_after.toISOString(),
          },
          at: now,
        },
      ]);
    });
  }
}

function lapseSentence({ name, not_after, last_seen_at, renew_while_away }: DueRow, mostSilentDays: number): string {
  const why = renew_while_away
    ? `it was last seen at ${last_seen_at.toISOString()}, more than ${mostSilentDays} days ago`
    : 'it has asked that the server does not';
  return `${name} has not come for its renewal, and the server does not renew for it: ${why}. Its certificate ends at ${not_after.toISOString()}.`;
}
