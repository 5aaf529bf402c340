import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BUILTIN_PROFILES } from '../../src/issuer/domain/limits/builtin-profiles.js';
import type { LimitName } from '../../src/issuer/domain/limits/limit-name.js';
import type { LimitValues } from '../../src/issuer/domain/limits/limit-profile.js';
import { startDnsFanOut } from './dns-fan-out.js';
import { freePort } from './free-port.js';
import { type FleetCertificate, type FleetDevice, ProtocolFleet } from './protocol-fleet.js';
import { startServer } from './server-process.js';
import { startWatchedCa, type WatchedCa } from './watched-ca.js';

/** So much faster than Let's Encrypt's its limits refill; the bursts stay. A domain gives 25 certificates a second. */
export const SPEED_UP = 302_400;
const ZONE = 'd.example.com';
const { limits: LETSENCRYPT } = BUILTIN_PROFILES.letsencrypt;
const DOMAIN = LETSENCRYPT['certificates-per-domain']!;
const LONGEST_PERIOD_SECONDS = 60;

export interface SandboxFleetOptions {
  readonly databaseUrl: string;
  readonly servers: number;
  readonly devices: number;
  readonly ordersInFlight: number;
  /** A device asks no less often. */
  readonly longestPollSeconds: number;
  /** Gives up after so long. */
  readonly seconds: number;
}

/** One order of every device. */
export interface FleetWave {
  readonly certificates: readonly FleetCertificate[];
  /** From the first order to the last certificate in a device's hands. */
  readonly seconds: number;
  /** What the CA has answered with 429, by limit. */
  readonly refusals: readonly string[];
  /** Orders that the CA has made. */
  readonly ordersAtTheCa: number;
  readonly certificatesAtTheCa: number;
}

export interface SandboxFleetReport {
  readonly rollout: FleetWave;
  readonly renewal: FleetWave;
  /** What the domain's limit allows for the rollout. */
  readonly leastSeconds: number;
  /** How often the limits were spent, at the CA: by domain and account. */
  readonly counted: { readonly domain: number; readonly newOrders: number };
}

/**
 * Servers as they are shipped, the sandbox's CA in this process with Let's Encrypt's limits speeded up, and devices that
 * speak the real protocol: all of them order at once, and when all have their certificate, once more.
 */
export async function runSandboxFleet(options: SandboxFleetOptions): Promise<SandboxFleetReport> {
  const folder = await mkdtemp(join(tmpdir(), 'fleetcert-fleet-'));
  const ended: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const ports: { dnsPort: number; httpPort: number }[] = [];
    for (let i = 0; i < options.servers; i++) ports.push({ dnsPort: await freePort(), httpPort: await freePort() });
    const dns = await startDnsFanOut(ports.map(({ dnsPort }) => dnsPort));
    ended.push(() => dns.close());
    const ca = await startWatchedCa(folder, dns.port, [ZONE], { limitSpeedUp: SPEED_UP });
    ended.push(() => ca.stop());
    const limits = join(folder, 'limits.json');
    await writeFile(limits, JSON.stringify(speededLimits()));
    const environment = {
      DATABASE_URL: options.databaseUrl,
      FLEETCERT_SECRET_KEY: randomBytes(32).toString('base64'),
      FLEETCERT_ZONES: ZONE,
      FLEETCERT_NAMESERVERS: 'ns1.example.net=192.0.2.53',
      FLEETCERT_ACME_DIRECTORY: ca.directoryUrl,
      FLEETCERT_ACME_CA_FILE: ca.caFile,
      FLEETCERT_ACME_LIMITS: limits,
      FLEETCERT_ORDERS_IN_FLIGHT: String(options.ordersInFlight),
    };
    const servers = await Promise.all(ports.map((port) => startServer({ ...port, environment })));
    ended.push(async () => void (await Promise.all(servers.map((server) => server.stop()))));
    const fleet = new ProtocolFleet(
      servers.map(({ url }) => url),
      AbortSignal.timeout(options.seconds * 1000),
      { longestPollSeconds: options.longestPollSeconds },
    );
    ended.push(async () => fleet.close());
    const devices = await fleet.enroll(await servers[0]!.enrollmentKey(), options.devices);
    const rollout = await wave(fleet, devices, ca);
    const renewal = await wave(fleet, devices, ca);
    return {
      rollout,
      renewal,
      leastSeconds: ((options.devices - DOMAIN.burst) * DOMAIN.periodSeconds) / DOMAIN.count / SPEED_UP,
      counted: {
        domain: ca.spent('certificatesPerDomain'),
        newOrders: ca.spent('newOrdersPerAccount'),
      },
    };
  } finally {
    for (const end of ended.toReversed()) await end();
  }
}

async function wave(fleet: ProtocolFleet, devices: readonly FleetDevice[], ca: WatchedCa): Promise<FleetWave> {
  const [before, refusedBefore] = [await ca.counts(), ca.refusals().length];
  const begin = performance.now();
  const certificates = await Promise.all(devices.map((device) => fleet.certify(device)));
  const seconds = (performance.now() - begin) / 1000;
  const after = await ca.counts();
  return {
    certificates,
    seconds,
    refusals: ca.refusals().slice(refusedBefore),
    ordersAtTheCa: after.orders - before.orders,
    certificatesAtTheCa: after.certificates - before.certificates,
  };
}

/** A file for FLEETCERT_ACME_LIMITS: Let's Encrypt's limits as they are when speeded up. */
function speededLimits(): object {
  const speeded = Object.entries(LETSENCRYPT).flatMap(([name, values]) =>
    values && isRefilledFaster(name as LimitName) ? [[name, inWholeNumbers(values)]] : [],
  );
  return { extends: 'letsencrypt', limits: Object.fromEntries(speeded) as object };
}

/** The limits on requests a second stay as they are at the sandbox's CA. */
function isRefilledFaster(name: LimitName): boolean {
  return !name.endsWith('-requests');
}

function inWholeNumbers({ burst, count, periodSeconds }: LimitValues): object {
  for (let seconds = 1; seconds <= LONGEST_PERIOD_SECONDS; seconds++) {
    const speeded = (count * SPEED_UP * seconds) / periodSeconds;
    if (Number.isInteger(speeded)) return { burst, count: speeded, period: `${seconds}s` };
  }
  throw new Error(`${count} in ${periodSeconds} s cannot be written down ${SPEED_UP} times as fast`);
}
