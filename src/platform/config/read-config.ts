import { join, resolve } from 'node:path';

import { isAtOrBelow } from '../../kernel/domain-name.js';
import { LOOPBACK_RANGES, PRIVATE_RANGES } from '../../kernel/ip-address.js';
import {
  LOG_LEVELS,
  type AcmeConfig,
  type AppConfig,
  type DnsConfig,
  type HttpConfig,
  type ListenAddress,
  type MailConfig,
} from './app-config.js';
import { type CaListFile, defaultLimits, readCaListFile } from './ca-list-file.js';
import { ConfigurationError, EnvironmentReader, type Environment } from './environment.js';
import * as parse from './parsers.js';

/** Within the data directory; acme-server/sandbox writes it. */
const SANDBOX_TLS_ROOT = 'sandbox-ca/ca-tls-root.pem';
const SANDBOX_CA_LISTEN = { address: '127.0.0.1', port: 14000 };

/**
 * Turns environment variables into an AppConfig. With nothing set it describes the sandbox.
 * @throws ConfigurationError naming every wrong or missing variable.
 */
export function readConfig(environment: Environment, workingDirectory: string): AppConfig {
  const reader = new EnvironmentReader(environment);
  const directory = reader.withDefault('FLEETCERT_ACME_DIRECTORY', parse.parseDirectoryUrl, 'sandbox');
  const isSandbox =
    directory === 'sandbox' && !reader.problems.some((problem) => problem.startsWith('FLEETCERT_ACME_DIRECTORY'));

  const databaseUrl = reader.optional('DATABASE_URL', parse.parsePostgresUrl, 'secret');
  const secretKey = reader.optional('FLEETCERT_SECRET_KEY', parse.parseSecretKey, 'secret');
  if (!isSandbox && databaseUrl) {
    reader.require(
      'FLEETCERT_SECRET_KEY',
      'needed with DATABASE_URL: 32 octets in base64 that encrypt the ACME account key (make one: openssl rand -base64 32)',
    );
  }

  const dataDirectory = resolve(
    workingDirectory,
    reader.withDefault('FLEETCERT_DATA_DIR', (text) => text, 'data'),
  );
  const dns = readDns(reader, isSandbox);
  const http = readHttp(reader, isSandbox);
  const caListen = reader.withDefault('FLEETCERT_SANDBOX_CA_LISTEN', parse.parseListen, SANDBOX_CA_LISTEN);
  const caSettingsFile = reader.optional('FLEETCERT_SANDBOX_CA_SETTINGS', (path) => resolve(workingDirectory, path));
  const devices = reader.withDefault('FLEETCERT_SANDBOX_DEVICES', parse.parseInteger(0, 50), 3);
  const acme = readAcme(
    reader,
    isSandbox ? `https://${hostPort(caListen)}/directory` : directory,
    isSandbox,
    dataDirectory,
    (path) => readCaListFile(resolve(workingDirectory, path), environment),
  );
  const addressPolicy =
    reader.optional('FLEETCERT_ADDRESS_POLICY', parse.parseAddressPolicy) ??
    // The sandbox's demo devices live on loopback addresses.
    (isSandbox
      ? { name: 'private and loopback', ranges: [...PRIVATE_RANGES, ...LOOPBACK_RANGES] }
      : { name: 'private', ranges: PRIVATE_RANGES });
  const mail = readMail(reader);
  const events = { keepDays: reader.withDefault('FLEETCERT_EVENTS_KEEP_DAYS', parse.parseInteger(15, 3650), 90) };
  const alarms = {
    atRiskFraction: reader.withDefault('FLEETCERT_ALARM_AT_RISK', parse.parseFraction, 1 / 6),
    delegation: reader.withDefault('FLEETCERT_ALARM_DELEGATION', parse.oneOf('on', 'off'), 'on') === 'on',
    silentDays: reader.withDefault('FLEETCERT_ALARM_SILENT_DAYS', parse.parseInteger(1, 3650), 14),
    limitLeftFraction: reader.withDefault('FLEETCERT_ALARM_LIMIT_LEFT', parse.parseFraction, 0.1),
  };
  const adminToken = reader.optional('FLEETCERT_ADMIN_TOKEN', parse.parseAdminToken, 'secret');

  const logLevel = reader.withDefault('FLEETCERT_LOG_LEVEL', parse.oneOf(...LOG_LEVELS), 'info');

  if (reader.problems.length > 0) throw new ConfigurationError(reader.problems);
  return {
    logLevel,
    dataDirectory,
    database: { url: databaseUrl },
    dns,
    http,
    acme,
    sandbox: isSandbox ? { caListen, caSettingsFile, devices } : undefined,
    addressPolicy,
    mail,
    events,
    alarms,
    secrets: { adminToken, secretKey },
  };
}

function readDns(reader: EnvironmentReader, isSandbox: boolean): DnsConfig {
  if (!isSandbox)
    reader.require('FLEETCERT_ZONES', 'needed: the zones that are delegated to this server, such as d.example.com');
  const zones = [...new Set(reader.withDefault('FLEETCERT_ZONES', parse.listOf(parse.parseZone), ['fleet.test']))];
  const outer = zones.find((zone) => zones.some((other) => other !== zone && isAtOrBelow(other, zone)));
  if (outer)
    reader.problems.push(`FLEETCERT_ZONES: expected zones that are not inside one another; ${outer} holds another one`);
  const listen = reader.withDefault(
    'FLEETCERT_DNS_LISTEN',
    parse.listOf(parse.parseListen),
    isSandbox
      ? [{ address: '127.0.0.1', port: 5353 }]
      : [
          { address: '0.0.0.0', port: 53 },
          { address: '::', port: 53 },
        ],
  );
  const concrete = listen.map((entry) => entry.address).filter((address) => address !== '0.0.0.0' && address !== '::');
  if (!isSandbox && concrete.length === 0) {
    reader.require(
      'FLEETCERT_NAMESERVERS',
      'needed: the name servers that the parent zone delegates to, such as ns1.d.example.com=192.0.2.53',
    );
  }
  const nameServers = reader.withDefault('FLEETCERT_NAMESERVERS', parse.listOf(parse.parseNameServer), [
    { name: `ns1.${zones[0]!}`, addresses: [...new Set(concrete)] },
  ]);
  for (const server of nameServers) {
    if (server.addresses.length === 0 && zones.some((zone) => isAtOrBelow(server.name, zone))) {
      reader.problems.push(
        `FLEETCERT_NAMESERVERS: expected an address for ${server.name}, which is inside a zone of ours and needs glue (${server.name}=192.0.2.53)`,
      );
    }
  }
  const rate = reader.withDefault(
    'FLEETCERT_DNS_RRL',
    (text) => (text === 'off' ? 'off' : parse.parseInteger(1, 1_000_000)(text)),
    500,
  );
  return {
    zones,
    nameServers,
    hostmaster: reader.withDefault('FLEETCERT_HOSTMASTER', parse.parseMailAddress, `hostmaster@${zones[0]!}`),
    listen,
    workers: reader.withDefault('FLEETCERT_DNS_WORKERS', parse.parseInteger(1, 64), 1),
    responsesPerSecond: rate === 'off' ? undefined : rate,
    limitsLoopback: reader.isSet('FLEETCERT_DNS_RRL'),
    ipNames: reader.withDefault('FLEETCERT_IP_NAMES', parse.oneOf('registered', 'policy', 'off'), 'registered'),
  };
}

function readHttp(reader: EnvironmentReader, isSandbox: boolean): HttpConfig {
  const listen = reader.withDefault('FLEETCERT_HTTP_LISTEN', parse.parseListen, {
    address: isSandbox ? '127.0.0.1' : '0.0.0.0',
    port: 8080,
  });
  const httpsListen = reader.optional('FLEETCERT_HTTPS_LISTEN', parse.parseListen);
  if (httpsListen && hostPort(httpsListen) === hostPort(listen)) {
    reader.problems.push('FLEETCERT_HTTPS_LISTEN: expected another address or port than that of FLEETCERT_HTTP_LISTEN');
  }
  return {
    listen,
    httpsListen,
    publicUrl: reader.withDefault('FLEETCERT_PUBLIC_URL', parse.parseHttpUrl, `http://${hostPort(listen)}`),
    trustedProxies: reader.withDefault('FLEETCERT_TRUSTED_PROXIES', parse.listOf(parse.parseCidrEntry), []),
  };
}

function readAcme(
  reader: EnvironmentReader,
  directoryUrl: string,
  sandbox: boolean,
  dataDirectory: string,
  readCas: (path: string) => CaListFile,
): AcmeConfig {
  const kid = reader.optional('FLEETCERT_ACME_EAB_KID', (text) => text);
  const hmacKey = reader.optional('FLEETCERT_ACME_EAB_HMAC_KEY', parse.parseHmacKey, 'secret');
  if (kid)
    reader.require(
      'FLEETCERT_ACME_EAB_HMAC_KEY',
      'needed with FLEETCERT_ACME_EAB_KID: the base64url HMAC key that the CA gave out',
    );
  if (hmacKey)
    reader.require(
      'FLEETCERT_ACME_EAB_KID',
      'needed with FLEETCERT_ACME_EAB_HMAC_KEY: the key identifier that the CA gave out',
    );
  const { first, ...list } = readCaList(reader, directoryUrl, readCas);
  return {
    ...first,
    ...list,
    directoryUrl,
    sandbox,
    caFile:
      reader.optional('FLEETCERT_ACME_CA_FILE', parse.parseCertificateFile) ??
      // The embedded CA makes this file when it starts.
      (sandbox ? join(dataDirectory, SANDBOX_TLS_ROOT) : undefined),
    contact: reader.optional('FLEETCERT_ACME_CONTACT', parse.parseMailAddress),
    externalAccount: kid && hmacKey ? { kid, hmacKey } : undefined,
    profile: reader.optional('FLEETCERT_ACME_PROFILE', parse.parseProfile),
    limits: reader.withDefault(
      'FLEETCERT_ACME_LIMITS',
      parse.parseLimits,
      sandbox ? 'sandbox' : defaultLimits(directoryUrl),
    ),
    ordersInFlight: reader.withDefault('FLEETCERT_ORDERS_IN_FLIGHT', parse.parseInteger(1, 1000), 10),
    renewSilentDays: reader.withDefault('FLEETCERT_RENEW_SILENT_DAYS', parse.parseInteger(0, 3650), 120),
  };
}

/** The CAs beside the one that the variables describe; each directory is one CA. */
function readCaList(
  reader: EnvironmentReader,
  firstUrl: string,
  readCas: (path: string) => CaListFile,
): Partial<CaListFile> {
  const list = reader.optional('FLEETCERT_ACME_CAS', readCas);
  if (!list) return {};
  const urls = [firstUrl, list.first.staging?.directoryUrl];
  for (const ca of list.others) urls.push(ca.directoryUrl, ca.staging?.directoryUrl);
  const twice = urls.find((url, index) => url !== undefined && urls.indexOf(url) !== index);
  if (twice !== undefined) {
    reader.problems.push(
      `FLEETCERT_ACME_CAS: expected each directory once, FLEETCERT_ACME_DIRECTORY too; got ${twice} twice`,
    );
  }
  return list;
}

function readMail(reader: EnvironmentReader): MailConfig | undefined {
  const smtpUrl = reader.optional('FLEETCERT_SMTP_URL', parse.parseSmtpUrl, 'secret');
  const from = reader.optional('FLEETCERT_MAIL_FROM', parse.parseMailAddress);
  const to = reader.optional('FLEETCERT_MAIL_TO', parse.parseMailAddress);
  if (!smtpUrl) return undefined;
  reader.require('FLEETCERT_MAIL_FROM', 'needed with FLEETCERT_SMTP_URL: the sender of alarms');
  reader.require('FLEETCERT_MAIL_TO', 'needed with FLEETCERT_SMTP_URL: who gets alarms');
  return from && to ? { smtpUrl, from, to } : undefined;
}

/** `127.0.0.1:8080`, `[::1]:8080`. */
export function hostPort({ address, port }: ListenAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
