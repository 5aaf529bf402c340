import { readFileSync } from 'node:fs';
import { getServers } from 'node:dns';
import { join } from 'node:path';

import { Command } from 'commander';

import { delegationLines } from '../ddns/doctor/domain/delegation-check.js';
import type { DoctorSettings } from '../ddns/doctor/doctor-settings.js';
import { Doctor } from '../ddns/doctor/doctor.js';
import { ServerApi } from '../ddns/doctor/server-api.js';
import type { AppConfig } from '../platform/config/app-config.js';
import {
  ConfigurationError,
  EXIT_CONFIGURATION,
  readEnvironment,
  type Environment,
} from '../platform/config/environment.js';
import { parseHttpUrl } from '../platform/config/parsers.js';
import { readConfig } from '../platform/config/read-config.js';
import { expectedCa } from './doctor-ca.js';
import {
  parsePort,
  parseSeconds,
  parseServer,
  parseServers,
  parseZones,
  readServerAddress,
  type DoctorOptions,
} from './doctor-options.js';
import { findingsText } from './doctor-output.js';

/** All is well; something is wrong; wrong arguments; wrong configuration; ended by a signal. */
export const DOCTOR_EXIT = { well: 0, wrong: 1, usage: 64, configuration: EXIT_CONFIGURATION, signal: 130 } as const;

const DNS_PORT = 53;

const DETAILS = `
It reads the server's configuration (environment variables and .env), and talks to the API at FLEETCERT_URL
(default: FLEETCERT_PUBLIC_URL) with FLEETCERT_TOKEN. Run it on a machine outside, too: it looks at what it reaches.
In the sandbox it leaves out the parent and the resolver, unless they are named.

Exit codes: 0 all is well, 1 something is wrong, 64 wrong arguments, 78 wrong configuration.

Examples:
  $ fleetcert doctor
  $ fleetcert doctor --print-delegation
  $ fleetcert doctor --resolver 192.168.1.1 --no-write --json`;

/** `fleetcert doctor`: looks at delegation, name servers, CAA and resolvers from outside. */
export function doctorCommand(print: (text: string) => void = (text) => console.log(text)): Command {
  return new Command('doctor')
    .description('check from outside: delegation, every name server, CAA, a test record, the resolver')
    .option('--zone <name>', 'only this zone; may be repeated (default: all configured ones)', parseZones, [])
    .option('--json', 'print the findings as JSON')
    .option('--print-delegation', 'print the NS and glue lines for the parent zone, and check nothing')
    .option(
      '--resolver <address[:port]>',
      "resolver to look through; may be repeated (default: the system's)",
      parseServers,
      [],
    )
    .option(
      '--parent <address[:port]>',
      "one of the parent's name servers (default: found by the resolver)",
      parseServer,
    )
    .option('--port <number>', 'port of the name servers (default: 53; in the sandbox, where it listens)', parsePort)
    .option('--timeout <seconds>', 'how long one question waits for its answer', parseSeconds, 5)
    .option('--wait <seconds>', 'how long the test record may take to every name server', parseSeconds, 15)
    .option('--no-write', 'make no test records')
    .allowExcessArguments(false)
    .addHelpText('after', DETAILS)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? DOCTOR_EXIT.well : DOCTOR_EXIT.usage))
    .action(async (options: DoctorOptions, command: Command) => {
      process.exitCode = await run(options, command, print);
    });
}

async function run(options: DoctorOptions, command: Command, print: (text: string) => void): Promise<number> {
  let config: AppConfig;
  let url: string;
  let environment: Environment;
  try {
    environment = readEnvironment(process.env, process.cwd());
    config = readConfig(environment, process.cwd());
    url = readUrl(environment) ?? config.http.publicUrl;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return DOCTOR_EXIT.configuration;
  }
  const unknown = options.zone.find((zone) => !config.dns.zones.includes(zone));
  if (unknown !== undefined) {
    command.error(`error: ${unknown} is not among FLEETCERT_ZONES (${config.dns.zones.join(', ')})`);
  }
  const zones = options.zone.length > 0 ? options.zone : config.dns.zones;
  if (options.printDelegation) {
    print(delegationText(zones, config, options.json === true));
    return DOCTOR_EXIT.well;
  }
  const settings = await settingsOf(zones, options, config);
  const api = new ServerApi(url, readToken(environment, config), settings.timeoutMilliseconds);
  const doctor = new Doctor(settings, api);
  const stop = cleanUpOnSignal(doctor);
  const findings = await doctor.examine().finally(stop);
  const isWell = findings.every(({ status }) => status !== 'fail');
  print(options.json ? JSON.stringify({ ok: isWell, findings }, undefined, 2) : findingsText(findings));
  return isWell ? DOCTOR_EXIT.well : DOCTOR_EXIT.wrong;
}

async function settingsOf(
  zones: readonly string[],
  options: DoctorOptions,
  config: AppConfig,
): Promise<DoctorSettings> {
  const timeoutMilliseconds = options.timeout * 1000;
  const system = config.sandbox ? [] : getServers().flatMap((text) => readServerAddress(text) ?? []);
  return {
    zones,
    nameServers: config.dns.nameServers,
    nameServerPort: options.port ?? (config.sandbox ? config.dns.listen[0]!.port : DNS_PORT),
    resolvers: options.resolver.length > 0 ? options.resolver : system,
    parent: options.parent,
    timeoutMilliseconds,
    propagationMilliseconds: options.wait * 1000,
    ca: await expectedCa(config.acme, timeoutMilliseconds),
    mayWrite: options.write,
  };
}

function delegationText(zones: readonly string[], config: AppConfig, json: boolean): string {
  const lines = zones.map((zone) => [zone, delegationLines(zone, config.dns.nameServers)] as const);
  return json ? JSON.stringify(Object.fromEntries(lines), undefined, 2) : lines.flatMap(([, of]) => of).join('\n');
}

function readUrl(environment: Environment): string | undefined {
  const text = environment['FLEETCERT_URL']?.trim();
  if (!text) return undefined;
  try {
    return parseHttpUrl(text);
  } catch (error) {
    throw new ConfigurationError([`FLEETCERT_URL: expected ${(error as Error).message}`]);
  }
}

/** The server's own bootstrap credential is used for the configured server only, never for another FLEETCERT_URL. */
function readToken(environment: Environment, config: AppConfig): string | undefined {
  const token = environment['FLEETCERT_TOKEN']?.trim();
  if (token) return token;
  if (environment['FLEETCERT_URL']?.trim()) return undefined;
  if (config.secrets.adminToken !== undefined) return config.secrets.adminToken;
  try {
    return readFileSync(join(config.dataDirectory, 'admin-token'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Ctrl-C takes the test records away, too. @returns what ends that */
function cleanUpOnSignal(doctor: Doctor): () => void {
  const onSignal = (): void => {
    void doctor.cleanUp().then((findings) => {
      for (const { message, advice } of findings) process.stderr.write(`${[message, ...advice].join('\n')}\n`);
      process.exit(DOCTOR_EXIT.signal);
    });
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.once(name, onSignal);
  return () => {
    for (const name of names) process.off(name, onSignal);
  };
}
