import { Injectable, Logger } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { DataSource } from 'typeorm';

import { TYPE, typeName } from '../../ddns/domain/rr-type.js';
import { DnsCounters } from '../../ddns/listeners/dns-counters.js';
import { ServedZones } from '../../ddns/store/served-zones.js';
import { RCODE } from '../../ddns/wire/message-codes.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { feedLags } from '../alarms/zone-observations.js';

const NAMED_TYPES = new Set<number>(Object.values(TYPE));
const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, number]) => [number, name]));

/** Read at a scrape from plain numbers, so that measuring costs a query next to nothing. */
@Injectable()
export class DnsMetrics {
  private readonly logger = new Logger(DnsMetrics.name);

  constructor(
    metrics: Metrics,
    private readonly counters: DnsCounters,
    private readonly served: ServedZones,
    private readonly dataSource: DataSource,
  ) {
    const registers = [metrics.registry];
    const answers = new Counter({
      name: 'fleetcert_dns_answers_total',
      help: 'DNS answers of this server by type of the question and response code',
      labelNames: ['type', 'rcode'],
      registers,
      collect: () => {
        answers.reset();
        for (const { qtype, rcode, count } of this.counters.answers()) {
          const type = NAMED_TYPES.has(qtype) ? typeName(qtype) : 'other';
          answers.inc({ type, rcode: RCODE_NAMES.get(rcode) ?? String(rcode) }, count);
        }
      },
    });
    const messages = new Counter({
      name: 'fleetcert_dns_messages_total',
      help: 'DNS messages that came to this server by what became of them',
      labelNames: ['kind'],
      registers,
      collect: () => {
        messages.reset();
        const { udpQueries, tcpQueries, silenced, limited, sendErrors, failures } = this.counters;
        const all = { udp: udpQueries, tcp: tcpQueries, silenced, limited, send_error: sendErrors, failure: failures };
        for (const [fate, count] of Object.entries(all)) messages.inc({ kind: fate }, count);
      },
    });
    const serials = new Gauge({
      name: 'fleetcert_zone_serial',
      help: 'SOA serial of each zone, as this server serves it',
      labelNames: ['zone'],
      registers,
      collect: () => {
        for (const zone of this.served.names()) serials.set({ zone }, this.served.zone(zone)?.serial ?? 0);
      },
    });
    const lags = new Gauge({
      name: 'fleetcert_zone_feed_lag_seconds',
      help: 'How long this server has been without a change that is in the database',
      labelNames: ['zone'],
      registers,
      collect: async () => {
        for (const { zone, lagSeconds } of await this.#lags()) lags.set({ zone }, lagSeconds);
      },
    });
  }

  /** While the database is away nobody knows; the other measures are told all the same. */
  async #lags(): Promise<Awaited<ReturnType<typeof feedLags>>> {
    try {
      return await feedLags(this.dataSource, this.served);
    } catch (error) {
      this.logger.debug({ err: error }, 'the lag of the feed is not known');
      return [];
    }
  }
}
