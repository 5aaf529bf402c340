import { Injectable, Logger } from '@nestjs/common';
import { Gauge, Histogram } from 'prom-client';

import { Metrics } from '../../platform/metrics/metrics.js';
import { EXPIRY_BOUNDS, type FleetFigures, FleetFiguresReader } from './fleet-figures.js';

/** `ca` only where there are several. */
const LIMIT_LABELS: ('ca' | 'limit' | 'subject')[] = ['ca', 'limit', 'subject'];

/**
 * A histogram of what is there now, and not of what has happened: its buckets may fall. It is told as a histogram all
 * the same, so that `histogram_quantile` and heat maps take it.
 */
class PresentHistogram extends Histogram {
  constructor(
    private readonly title: string,
    private readonly about: string,
    private readonly expiry: () => Promise<FleetFigures['expiry'] | undefined>,
  ) {
    super({ name: title, help: about, buckets: [...EXPIRY_BOUNDS], registers: [] });
  }

  /** What prom-client asks for when it makes the text. */
  async getForPromString(): Promise<object> {
    const told = { name: this.title, help: this.about, type: 'histogram' };
    const expiry = await this.expiry();
    if (!expiry) return { ...told, values: [] };
    const { atMost, count, seconds } = expiry;
    const bucket = (le: number | string, value: number) => ({
      metricName: `${this.title}_bucket`,
      labels: { le },
      value,
    });
    return {
      ...told,
      values: [
        ...EXPIRY_BOUNDS.map((bound, index) => bucket(bound, atMost[index] ?? 0)),
        bucket('+Inf', count),
        { metricName: `${this.title}_sum`, labels: {}, value: seconds },
        { metricName: `${this.title}_count`, labels: {}, value: count },
      ],
    };
  }
}

/** The fleet as the database has it: every server tells the same. */
@Injectable()
export class FleetMetrics {
  private readonly logger = new Logger(FleetMetrics.name);

  constructor(
    metrics: Metrics,
    private readonly reader: FleetFiguresReader,
  ) {
    const registers = [metrics.registry];
    const gauge = <Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      fill: (gauge: Gauge<Label>, figures: FleetFigures) => void,
    ): void => {
      const made: Gauge<Label> = new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect: async () => {
          made.reset();
          const figures = await this.#figures();
          if (figures) fill(made, figures);
        },
      });
    };
    gauge('fleetcert_devices', 'Devices by state', ['state'], (made, { devices }) => {
      for (const { state, count } of devices) made.set({ state }, count);
    });
    gauge('fleetcert_orders', 'Open orders by status and reason', ['status', 'reason'], (made, { orders }) => {
      for (const { status, reason, count } of orders) made.set({ status, reason }, count);
    });
    gauge('fleetcert_limit_left', "What is left of the CA's limits", LIMIT_LABELS, (made, { buckets }) => {
      for (const { ca, limit, subject, left } of buckets) made.set({ ...(ca && { ca }), limit, subject }, left);
    });
    gauge('fleetcert_limit_burst', "What the CA's limits hold when full", LIMIT_LABELS, (made, { buckets }) => {
      for (const { ca, limit, subject, burst } of buckets) made.set({ ...(ca && { ca }), limit, subject }, burst);
    });
    gauge('fleetcert_alarms', 'Alarms that are raised, by kind', ['kind'], (made, { alarms }) => {
      for (const { kind, count } of alarms) made.set({ kind }, count);
    });
    gauge('fleetcert_pending_deliveries', 'Webhooks and mails to be sent', ['by'], (made, { pendingDeliveries }) => {
      made.set({ by: 'webhook' }, pendingDeliveries.webhook);
      made.set({ by: 'mail' }, pendingDeliveries.mail);
    });
    metrics.registry.registerMetric(
      new PresentHistogram(
        'fleetcert_certificate_expiry_seconds',
        'What is left of the certificates in force',
        async () => (await this.#figures())?.expiry,
      ),
    );
  }

  /** While the database is away nobody knows; a server's own measures are told all the same. */
  async #figures(): Promise<FleetFigures | undefined> {
    try {
      return await this.reader.read();
    } catch (error) {
      this.logger.debug({ err: error }, 'the figures of the fleet are not known');
      return undefined;
    }
  }
}
