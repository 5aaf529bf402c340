import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { IS_OPEN } from '../../../issuer/orders/order-row.js';
import { EventListing } from '../../events/event-listing.js';
import { KeptAnswer } from '../../fleet/kept-answer.js';

/** What a page shows: everything that has happened, the queue, one device or bulk action (by its id). */
export type Topic = 'events' | 'queue' | `device:${string}` | `bulk:${string}`;

/** A word for the state of what a page shows, another one when that has changed. */
@Injectable()
export class PageVersions {
  readonly #queue = new KeptAnswer(() => this.readQueue());

  constructor(
    private readonly dataSource: DataSource,
    private readonly events: EventListing,
  ) {}

  of(topic: Topic): Promise<string> {
    if (topic === 'events') return this.events.newestId();
    if (topic === 'queue') return this.#queue.get();
    const id = topic.slice(topic.indexOf(':') + 1);
    return topic.startsWith('bulk:') ? this.ofBulkJob(id) : this.ofDevice(id);
  }

  private async readQueue(): Promise<string> {
    const [row] = await this.dataSource.query<{ version: string }[]>(
      `SELECT count(*) || '.' || coalesce(extract(epoch FROM max(o.updated_at)), 0) AS version
         FROM issuance_orders o WHERE ${IS_OPEN}`,
    );
    return row?.version ?? '';
  }

  private async ofBulkJob(id: string): Promise<string> {
    const [row] = await this.dataSource.query<{ version: string }[]>(
      `SELECT j.state || '.' || (SELECT count(outcome) FROM bulk_job_items WHERE job_id = j.id) AS version
         FROM bulk_jobs j WHERE j.id = $1`,
      [id],
    );
    return row?.version ?? '';
  }

  private async ofDevice(deviceId: string): Promise<string> {
    const [row] = await this.dataSource.query<{ version: string }[]>(
      `SELECT md5(concat_ws('|', d.state, d.addresses::text, d.wildcard, d.group_name, d.note, d.clone_suspected_at,
                            o.id, o.status, o.step, o.updated_at, c.id, c.renew_at, c.revoked_at, c.revocation_confirmed_at)) AS version
         FROM devices d
         LEFT JOIN LATERAL (SELECT * FROM issuance_orders WHERE device_id = d.id ORDER BY created_at DESC, id LIMIT 1) o ON true
         LEFT JOIN LATERAL (SELECT * FROM certificates WHERE device_id = d.id ORDER BY created_at DESC, id LIMIT 1) c ON true
        WHERE d.id = $1`,
      [deviceId],
    );
    return row?.version ?? '';
  }
}
