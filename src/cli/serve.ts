import 'reflect-metadata';

import { setTimeout as sleep } from 'node:timers/promises';

import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';

import { AppModule } from '../app.module.js';
import { HttpsListener } from '../api-tls/https-listener.js';
import { openApi } from '../openapi.js';
import type { AppConfig } from '../platform/config/app-config.js';
import {
  ConfigurationError,
  EXIT_CONFIGURATION,
  readEnvironment,
  type Environment,
} from '../platform/config/environment.js';
import { hostPort, readConfig } from '../platform/config/read-config.js';
import type { DatabaseServer } from '../platform/database/database-server.js';
import { openMigratedServer } from '../platform/database/database.module.js';
import { closeGracefully } from '../platform/http/close-gracefully.js';
import { configureHttp } from '../platform/http/configure-http.js';
import { startTracing, type Tracing } from '../platform/tracing/tracing.js';
import { yieldHelperThreads } from '../platform/v8/helper-threads.js';
import { keepNewObjectsYoung } from '../platform/v8/pretenuring.js';
import { Sandbox } from '../sandbox/sandbox.js';
import { BootLogger } from './boot-logger.js';

const EXIT_FAILED = 1;
/** A start that was interrupted gets so long to come to its end before what it opened is closed. */
const INTERRUPTED_START_SECONDS = 3;

/** What a start has opened so far: closed in the end, however far it came. */
interface Opened {
  database?: DatabaseServer;
  app?: NestExpressApplication;
  tracing?: Tracing;
}

/**
 * Runs the server until a signal ends it.
 * @returns the exit code: 0 after a signal, 78 for a wrong configuration, 1 when it could not start
 */
export async function serve(environment: Environment, workingDirectory: string): Promise<number> {
  keepNewObjectsYoung();
  const signal = firstSignal();
  const opened: Opened = {};
  try {
    const variables = readEnvironment(environment, workingDirectory);
    const config = readConfig(variables, workingDirectory);
    opened.tracing = await startTracing(variables);
    const starting = start(config, opened);
    const interrupted = await Promise.race([starting, signal]);
    if (interrupted) await Promise.race([starting.catch(() => undefined), sleep(INTERRUPTED_START_SECONDS * 1000)]);
    const name = await signal;
    opened.app?.get(Logger).log(`${name}: stopping`);
    await close(opened);
    return 0;
  } catch (error) {
    process.stderr.write(messageOf(error as Error));
    await close(opened).catch(() => undefined);
    return error instanceof ConfigurationError ? EXIT_CONFIGURATION : EXIT_FAILED;
  }
}

/** Resolves when the server serves. What it opens is noted at once, so that a failure further on closes it. */
async function start(config: AppConfig, opened: Opened): Promise<void> {
  const logger = new BootLogger();
  const { promise: database, resolve: provide } = Promise.withResolvers<DatabaseServer>();
  // Before anything is opened: some settings can only be checked by the modules that they are for.
  const module = AppModule.forConfig(config, database);
  if (config.sandbox) process.stdout.write('fleetcert sandbox: starting (nothing in it needs the internet)\n');
  opened.database = await openMigratedServer(config, logger);
  provide(opened.database);
  const app = await NestFactory.create<NestExpressApplication>(module, {
    bodyParser: false,
    abortOnError: false,
    // What goes wrong is told in one sentence by who calls us; the log begins when its own logger is there.
    logger: false,
  });
  opened.app = app;
  app.useLogger(app.get(Logger));
  logger.handOver();
  configureHttp(app, config.http);
  openApi(app);
  await app.init();
  // First, so that whoever finds the plain listener ready finds this one as well.
  const introduction = await app.get(HttpsListener).listen(app.getHttpAdapter().getInstance());
  for (const line of introduction) process.stderr.write(`fleetcert: ${line}\n`);
  const { address, port } = config.http.listen;
  await app.listen(port, address);
  app.get(Logger).log(`the API listens on http://${hostPort(config.http.listen)}`);
  // Not before: a start has nobody to let go first.
  await yieldHelperThreads();
  if (config.sandbox) void app.get(Sandbox).tellStory();
}

/** The application first; what it used after it, also when there never was an application. */
async function close({ app, database, tracing }: Opened): Promise<void> {
  try {
    if (app) await closeGracefully(app);
  } finally {
    try {
      await database?.close();
    } finally {
      await tracing?.stop();
    }
  }
}

function messageOf(error: Error): string {
  return error instanceof ConfigurationError ? `${error.message}\n` : `fleetcert could not start: ${error.message}\n`;
}

/** Resolves at the first SIGINT or SIGTERM; later ones end the process at once. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (name: NodeJS.Signals): void => {
      count += 1;
      if (count === 1) resolve(name);
      // One Ctrl-C reaches us twice under npm (from the terminal, and passed on): only a patient second one counts.
      else if (count > 2) process.exit(130);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
