import { generateKeyPairSync } from 'node:crypto';

import { generateAccountKey } from '../../src/issuer/acme/account-key.js';
import { AcmeAccounts } from '../../src/issuer/acme/acme-accounts.js';
import { AcmeClientCa } from '../../src/issuer/acme/acme-client-ca.js';
import { AcmeConnections } from '../../src/issuer/acme/acme-connections.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { aCsr } from '../support/csr-builder.js';
import { issueCertificate, type IssueRequest, type IssuingCa } from '../support/issue-certificate.js';
import { startPebble, type Pebble } from '../support/pebble.js';
import { BareAcme } from './support/bare-acme.js';
import { median, rounded, type Bench, type BenchTable } from './support/bench.js';
import { cpuMilliseconds } from './support/process-cpu.js';

const ROUNDS = 5;
const LOADS = [
  { inFlight: 1, certificates: 60 },
  { inFlight: 10, certificates: 150 },
  { inFlight: 50, certificates: 200 },
] as const;
/** Not counted: connections, nonces and the compiler get warm. */
const WARM_UP_CERTIFICATES = 20;
/**
 * Debian's Pebble deadlocks now and then: newOrder scans all authorizations, taking the lock of each below that of the
 * store, and reading an authorization takes them the other way round. Few orders a Pebble, and a repeated round, avoid it.
 */
const MAX_ATTEMPTS = 3;
const TIMEOUT_SECONDS = 5;
const NO_RECORDS = { add: (): void => {}, remove: (): void => {} };

type Load = (typeof LOADS)[number];

interface Round {
  readonly perSecond: number;
  readonly cpuMillisecondsEach: number;
}

interface OpenClient {
  readonly ca: IssuingCa;
  close(): void;
}

const CLIENTS: Readonly<Record<string, (pebble: Pebble) => Promise<OpenClient>>> = {
  'bare loop': async (pebble) => {
    const ca = new BareAcme(pebble.directoryUrl, pebble.caPem, TIMEOUT_SECONDS);
    await ca.register();
    return { ca, close: () => ca.close() };
  },
  'our client': async ({ directoryUrl, caFile }) => {
    const connections = new AcmeConnections(new SystemClock(), { caFile, timeoutSeconds: TIMEOUT_SECONDS });
    const accountKeyPem = generateAccountKey();
    const registration = { directoryUrl, accountKeyPem, termsOfServiceAgreed: true };
    const { accountUrl } = await new AcmeAccounts(connections).register(registration);
    const ca = new AcmeClientCa(connections.to(directoryUrl), { accountUrl, accountKeyPem });
    return { ca, close: () => connections.close() };
  },
};

/**
 * The ACME client beside a bare loop of the same protocol calls (jose, node:https, nonces fed back): both through the same
 * driver, in turns, each round against a fresh Pebble that neither sleeps, nor looks challenges up, nor rejects nonces.
 */
export const acmeIssuance: Bench = {
  name: 'acme-issuance',
  title: `Issuances a second by the ACME client against Pebble (no sleep, median of ${ROUNDS} rounds in turns)`,
  async run(): Promise<BenchTable> {
    const rows: string[][] = [];
    for (const load of LOADS) {
      const rounds = new Map<string, Round[]>(Object.keys(CLIENTS).map((name) => [name, []]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const [name, results] of rounds) results.push(await measure(name, load));
      }
      for (const [name, results] of rounds) {
        rows.push([
          `${name}, ${load.inFlight} in flight`,
          rounded(median(results.map(({ perSecond }) => perSecond))),
          rounded(median(results.map(({ cpuMillisecondsEach }) => cpuMillisecondsEach))),
        ]);
      }
    }
    return { columns: ['client', 'a second', 'CPU ms a certificate (client)'], rows };
  },
};

async function measure(name: string, load: Load): Promise<Round> {
  for (let attempt = 1; ; attempt++) {
    // A fresh one each time: it grows slower with every order that it remembers.
    const pebble = await startPebble({ alwaysValid: true, nonceRejectPercent: 0, authorizationReusePercent: 0 });
    try {
      const { ca, close } = await CLIENTS[name]!(pebble);
      try {
        await drive(ca, requests(WARM_UP_CERTIFICATES), load.inFlight);
        return await drive(ca, requests(load.certificates), load.inFlight);
      } finally {
        close();
      }
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
      console.error(`A round of the ${name} is repeated: ${String(error)}`);
    } finally {
      await pebble.stop();
    }
  }
}

async function drive(ca: IssuingCa, queue: IssueRequest[], inFlight: number): Promise<Round> {
  const certificates = queue.length;
  const cpuBefore = cpuMilliseconds(process.pid);
  const start = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let request = queue.pop(); request; request = queue.pop()) await issueCertificate(ca, request);
    }),
  );
  const elapsedSeconds = (performance.now() - start) / 1000;
  return {
    perSecond: certificates / elapsedSeconds,
    cpuMillisecondsEach: (cpuMilliseconds(process.pid) - cpuBefore) / certificates,
  };
}

let serial = 0;

/** Devices make their requests themselves: they are ready before the clock starts. */
function requests(count: number): IssueRequest[] {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return Array.from({ length: count }, () => {
    const name = `d${++serial}.fleet.test`;
    return { names: [name], csrDer: aCsr({ key, altNames: { dns: [name] } }), records: NO_RECORDS };
  });
}
