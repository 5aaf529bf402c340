import { runSandboxFleet, SPEED_UP, type FleetWave } from '../support/sandbox-fleet.js';
import { migrateDatabase } from '../../src/platform/database/migrate-database.js';
import { rounded, type Bench } from './support/bench.js';
import { startBenchDatabase } from './support/bench-database.js';

const DEVICES = 2000;
const SERVERS = 2;
const ORDERS_IN_FLIGHT = 20;
const LONGEST_POLL_SECONDS = 15;
const PATIENCE_SECONDS = 900;
const SILENT = { log: (): void => {}, warn: (): void => {} };

function row(title: string, wave: FleetWave, leastSeconds: number | undefined, devices: number): readonly string[] {
  return [
    title,
    devices.toLocaleString('en'),
    rounded(wave.seconds),
    leastSeconds === undefined ? '' : rounded(leastSeconds),
    String(wave.refusals.length),
    wave.ordersAtTheCa.toLocaleString('en'),
    wave.certificatesAtTheCa.toLocaleString('en'),
  ];
}

/** A whole fleet over the real protocol against a CA that enforces Let's Encrypt's limits, only faster. */
export const sandboxFleet: Bench = {
  name: 'sandbox-fleet',
  title:
    `${DEVICES.toLocaleString('en')} devices that order at once, ${SERVERS} servers, a CA that enforces Let's Encrypt's ` +
    `limits ${SPEED_UP.toLocaleString('en')} times as fast`,
  async run() {
    const database = await startBenchDatabase();
    try {
      await migrateDatabase(database.url, SILENT);
      const { rollout, renewal, leastSeconds, counted } = await runSandboxFleet({
        databaseUrl: database.url,
        servers: SERVERS,
        devices: DEVICES,
        ordersInFlight: ORDERS_IN_FLIGHT,
        longestPollSeconds: LONGEST_POLL_SECONDS,
        seconds: PATIENCE_SECONDS,
      });
      return {
        columns: [
          'wave',
          'devices',
          'seconds',
          'least that the limits allow',
          'answers of 429',
          'orders at the CA',
          'certificates',
        ],
        rows: [
          row('first certificates', rollout, leastSeconds, DEVICES),
          row('all renewed at once', renewal, undefined, DEVICES),
        ],
        note:
          `The CA has counted ${counted.domain.toLocaleString('en')} certificates for the domain and ` +
          `${counted.newOrders.toLocaleString('en')} new orders.`,
      };
    } finally {
      await database.stop();
    }
  },
};
