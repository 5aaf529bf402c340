import { hostPort } from '../../platform/config/read-config.js';
import { isAtOrBelow } from '../../kernel/domain-name.js';
import { TYPE } from '../domain/rr-type.js';
import { caaClimb, checkCaa, type CaaStep } from './domain/caa-check.js';
import { checkDelegation } from './domain/delegation-check.js';
import { Verdict, type Finding } from './domain/finding.js';
import { authoritativeSerial, checkNameServer } from './domain/name-server-check.js';
import { checkRebinding } from './domain/rebinding-check.js';
import { checkSerials } from './domain/serial-check.js';
import { checkResolver, checkResolverFindsZone, checkTestRecord, hasRecord } from './domain/test-record-check.js';
import { askParent } from './ask-parent.js';
import type { DnsProbe } from './dns-probe.js';
import { NO_RESOLVER, type DoctorSettings } from './doctor-settings.js';
import type { NameLookup } from './name-lookup.js';
import { nameServerAddresses, type NameServerAddress } from './name-server-addresses.js';
import { observeNameServer } from './observe-name-server.js';
import { observeTestRecords } from './observe-test-records.js';
import { ServerApiError, type ServerApi } from './server-api.js';
import type { MadeRecords, TestRecords } from './test-records.js';

export interface Instruments {
  readonly settings: DoctorSettings;
  readonly probe: DnsProbe;
  /** Undefined when there is no resolver to ask. */
  readonly lookup: NameLookup | undefined;
  readonly api: ServerApi;
  readonly records: TestRecords;
}

/** All findings about one zone, in the order in which a person would look. */
export async function examineZone(zone: string, instruments: Instruments): Promise<readonly Finding[]> {
  const { settings, probe, lookup } = instruments;
  const parents = await askParent(zone, settings, probe, lookup);
  const { addresses, findings } = await nameServerAddresses(zone, settings, parents ?? [], lookup);
  const names = settings.nameServers.map(({ name }) => name);
  const seen = await Promise.all(addresses.map((address) => observeNameServer(probe, zone, address)));
  const answering = addresses.filter((_, index) => seen[index]!.udp.kind === 'answer');
  const { made, finding: writing } = await makeRecords(zone, instruments);
  const written = made
    ? await examineRecords(zone, made, answering, instruments)
    : await examineResolvers(zone, instruments);
  return [
    ...(parents
      ? checkDelegation(zone, settings.nameServers, parents)
      : [new Verdict('delegation', zone).skipped(NO_RESOLVER)]),
    ...findings,
    ...seen.flatMap((observations) => checkNameServer(zone, names, observations)),
    ...(writing ? [writing] : []),
    ...written,
    ...(await examineSerials(zone, answering, made, instruments)),
    await examineCaa(zone, made, answering, instruments),
  ];
}

async function makeRecords(
  zone: string,
  { settings, api, records }: Instruments,
): Promise<{ readonly made?: MadeRecords; readonly finding?: Finding }> {
  const verdict = new Verdict('test-record', zone);
  if (!settings.mayWrite) return { finding: verdict.skipped('not made: --no-write') };
  if (!api.hasToken) {
    return {
      finding: verdict.warn(
        'not made: there is no credential for the API',
        'Set FLEETCERT_TOKEN to an operator credential (POST /v1/api-keys with role operator), or say --no-write.',
      ),
    };
  }
  try {
    await records.removeForgotten(zone);
    return { made: await records.make(zone) };
  } catch (error) {
    if (!(error instanceof ServerApiError)) throw error;
    return {
      finding: verdict.fail(
        `a test record could not be made through ${api.url}: ${error.message}`,
        'Check FLEETCERT_URL and FLEETCERT_TOKEN (role operator or admin), and that the zone is in FLEETCERT_ZONES of the server.',
      ),
    };
  }
}

async function examineRecords(
  zone: string,
  made: MadeRecords,
  answering: readonly NameServerAddress[],
  { settings, probe }: Instruments,
): Promise<readonly Finding[]> {
  const answers = await Promise.all(
    answering.map((address) => observeTestRecords(probe, address, made, settings.propagationMilliseconds)),
  );
  const findings = answers.flatMap((answer) => checkTestRecord(made.small, made.large, answer));
  if (settings.resolvers.length === 0) findings.push(new Verdict('resolver', zone).skipped(NO_RESOLVER));
  // Each resolver by itself: a machine uses any of those that it is given.
  for (const resolver of settings.resolvers) {
    const name = hostPort(resolver);
    const ask = (of: string, type: number) => probe.ask(resolver, { name: of, type, recursion: true });
    const txt = await ask(made.small.name, TYPE.TXT);
    findings.push(checkResolver(name, made.small, txt));
    const { address } = made.device;
    const findsZone = hasRecord(txt, made.small);
    const observation = await ask(made.device.name, TYPE.A);
    findings.push(checkRebinding({ resolver: name, zone, address, observation, findsZone }));
  }
  return findings;
}

/** What can be told of the resolvers when no record was made. */
async function examineResolvers(zone: string, { settings, probe }: Instruments): Promise<readonly Finding[]> {
  if (settings.resolvers.length === 0) return [new Verdict('resolver', zone).skipped(NO_RESOLVER)];
  const findings = settings.resolvers.map(async (resolver) => {
    const name = hostPort(resolver);
    const seen = await probe.ask(resolver, { name: zone, type: TYPE.SOA, recursion: true });
    return [
      checkResolverFindsZone(name, zone, seen),
      new Verdict('rebinding', name).skipped('not looked at: it takes a test record with a private address'),
    ];
  });
  return (await Promise.all(findings)).flat();
}

async function examineSerials(
  zone: string,
  answering: readonly NameServerAddress[],
  made: MadeRecords | undefined,
  { probe }: Instruments,
): Promise<readonly Finding[]> {
  const seen = await Promise.all(
    answering.map(async ({ subject, at }) => {
      const [soa, txt] = await Promise.all([
        probe.ask(at, { name: zone, type: TYPE.SOA }),
        made && probe.ask(at, { name: made.small.name, type: TYPE.TXT }),
      ]);
      const serial = authoritativeSerial(zone, soa);
      const isFresh = made && txt && hasRecord(txt, made.small);
      return serial === undefined ? [] : [{ subject, serial, isFresh }];
    }),
  );
  return checkSerials(zone, seen.flat());
}

async function examineCaa(
  zone: string,
  made: MadeRecords | undefined,
  [server]: readonly NameServerAddress[],
  { settings, probe, lookup }: Instruments,
): Promise<Finding> {
  const deviceName = made?.device.name ?? `fleetcert-doctor.${zone}`;
  if (!server) return new Verdict('caa', deviceName).skipped('not looked at: no name server answers');
  const steps: CaaStep[] = [];
  for (const name of caaClimb(deviceName)) {
    const isOurs = isAtOrBelow(name, zone);
    const question = { name, type: TYPE.CAA };
    const observation = isOurs ? await probe.ask(server.at, question) : await lookup?.ask(name, TYPE.CAA);
    if (!observation) break;
    steps.push({ name, isOurs, observation });
    if (observation.kind === 'answer' && observation.answers.some(({ type }) => type === TYPE.CAA)) break;
  }
  return checkCaa(deviceName, steps, settings.ca);
}
