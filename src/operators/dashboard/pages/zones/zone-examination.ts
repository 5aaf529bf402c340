import { getServers } from 'node:dns';
import { isIP } from 'node:net';

import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { ExpectedCa } from '../../../../ddns/doctor/domain/caa-check.js';
import type { Finding } from '../../../../ddns/doctor/domain/finding.js';
import { DnsProbe } from '../../../../ddns/doctor/dns-probe.js';
import { examineZone } from '../../../../ddns/doctor/examine-zone.js';
import { NameLookup } from '../../../../ddns/doctor/name-lookup.js';
import { ServerApi } from '../../../../ddns/doctor/server-api.js';
import { TestRecords } from '../../../../ddns/doctor/test-records.js';
import { Clock } from '../../../../kernel/clock.js';
import { DomainError } from '../../../../kernel/errors.js';
import { APP_CONFIG, type AppConfig, type ListenAddress } from '../../../../platform/config/app-config.js';

const DNS_PORT = 53;
/** For one question. */
const QUESTION_MILLISECONDS = 2_000;
/** For all of them. */
const WHOLE_MILLISECONDS = 25_000;

/** What a look from this server at a zone's delegation has found. */
export interface Examination {
  readonly findings: readonly Finding[];
  readonly at: Date;
}

/**
 * The doctor's look at one zone, by this server: it makes no records. One at a time, and none for longer than 25
 * seconds, so that nobody can have this server ask the world without end.
 */
@Injectable()
export class ZoneExaminations {
  #isBusy = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** @throws DomainError `unavailable` */
  async examine(zone: string): Promise<Examination> {
    if (this.#isBusy) {
      throw new DomainError('unavailable', 'A zone is being checked at this moment; try again when that is done.', {
        retryAfterSeconds: 10,
      });
    }
    this.#isBusy = true;
    const work = this.look(zone).finally(() => (this.#isBusy = false));
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooLong()), WHOLE_MILLISECONDS);
    });
    try {
      return { findings: await Promise.race([work, limit]), at: this.clock.now() };
    } finally {
      clearTimeout(timer);
      // What goes on after the limit is not waited for.
      work.catch(() => undefined);
    }
  }

  /** How the first CA is called in CAA records, as far as it was ever reached. */
  private async expectedCa(): Promise<ExpectedCa | undefined> {
    const { directoryUrl, caaIdentities } = this.config.acme;
    const [known] = await this.dataSource.query<{ identities: string[] | null }[]>(
      `SELECT caa_identities AS identities FROM issuance_cas WHERE ca = $1`,
      [directoryUrl],
    );
    const identities = caaIdentities ?? known?.identities;
    return identities ? { identities, host: new URL(directoryUrl).host } : undefined;
  }

  private async look(zone: string): Promise<readonly Finding[]> {
    const { dns, sandbox, http } = this.config;
    const probe = new DnsProbe(QUESTION_MILLISECONDS);
    // In the sandbox there is no parent, and no resolver that knows of it.
    const resolvers = sandbox ? [] : systemResolvers();
    const api = new ServerApi(http.publicUrl, undefined, QUESTION_MILLISECONDS);
    return examineZone(zone, {
      settings: {
        zones: [zone],
        nameServers: dns.nameServers,
        nameServerPort: sandbox ? dns.listen[0]!.port : DNS_PORT,
        resolvers,
        parent: undefined,
        timeoutMilliseconds: QUESTION_MILLISECONDS,
        propagationMilliseconds: 0,
        ca: await this.expectedCa(),
        mayWrite: false,
      },
      probe,
      lookup: resolvers.length > 0 ? new NameLookup(probe, resolvers) : undefined,
      api,
      records: new TestRecords(api),
    });
  }
}

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`: as Node tells them. */
function systemResolvers(): ListenAddress[] {
  return getServers().flatMap((text) => {
    if (isIP(text) !== 0) return [{ address: text, port: DNS_PORT }];
    const { address = '', port = '' } = /^\[?(?<address>[^\]]+)\]?:(?<port>\d+)$/.exec(text)?.groups ?? {};
    return isIP(address) === 0 ? [] : [{ address, port: Number(port) }];
  });
}

function tooLong(): DomainError {
  return new DomainError(
    'unavailable',
    'The check took longer than 25 seconds and was given up. `fleetcert doctor` takes its time.',
    { retryAfterSeconds: 30 },
  );
}
