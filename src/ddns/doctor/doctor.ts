import type { Finding } from './domain/finding.js';
import { Verdict } from './domain/finding.js';
import { checkClock, checkServer } from './domain/server-check.js';
import { DnsProbe } from './dns-probe.js';
import type { DoctorSettings } from './doctor-settings.js';
import { examineZone } from './examine-zone.js';
import { NameLookup } from './name-lookup.js';
import { ServerApiError, type ServerApi } from './server-api.js';
import { TestRecords } from './test-records.js';

/** Looks at a set-up from outside, as the CA and the parent's administrator see it. */
export class Doctor {
  readonly #records: TestRecords;

  constructor(
    private readonly settings: DoctorSettings,
    private readonly api: ServerApi,
  ) {
    this.#records = new TestRecords(api);
  }

  /** Everything that it has found. The records that it has made for that are gone again. */
  async examine(): Promise<readonly Finding[]> {
    const { settings, api } = this;
    const findings: Finding[] = [];
    const health = await api.health();
    findings.push(checkServer(api.url, health), checkClock(api.url, health));
    const probe = new DnsProbe(settings.timeoutMilliseconds);
    const lookup = settings.resolvers.length > 0 ? new NameLookup(probe, settings.resolvers) : undefined;
    try {
      for (const zone of settings.zones) {
        findings.push(...(await examineZone(zone, { settings, probe, lookup, api, records: this.#records })));
      }
    } finally {
      findings.push(...(await this.cleanUp()));
    }
    return findings;
  }

  /** Takes away the records that this run has made; also for who ends it early. */
  async cleanUp(): Promise<readonly Finding[]> {
    try {
      await this.#records.removeAll();
      return [];
    } catch (error) {
      if (!(error instanceof ServerApiError)) throw error;
      return [
        new Verdict('clean-up', this.api.url).fail(
          `records that the doctor has made are still there: ${error.message}`,
          'The next run takes them away, an hour from now at the earliest. Or by hand:',
          ...this.#records.remaining.map((call) => `  ${call}`),
        ),
      ];
    }
  }
}
