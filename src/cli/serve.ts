import 'reflect-metadata';

import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';

import { AppModule } from '../app.module.js';
import { openApi } from '../openapi.js';
import {
  ConfigurationError,
  EXIT_CONFIGURATION,
  readEnvironment,
  type Environment,
} from '../platform/config/environment.js';
import type { AppConfig } from '../platform/config/app-config.js';
import { hostPort, readConfig } from '../platform/config/read-config.js';
import { configureHttp } from '../platform/http/configure-http.js';
import { closeGracefully } from '../platform/http/close-gracefully.js';
import { Sandbox } from '../sandbox/sandbox.js';

const EXIT_FAILED = 1;

/**
 * Runs the server until a signal ends it.
 * @returns the exit code: 0 after a signal, 78 for a wrong configuration, 1 when it could not start
 */
export async function serve(environment: Environment, workingDirectory: string): Promise<number> {
  let config: AppConfig;
  try {
    config = readConfig(readEnvironment(environment, workingDirectory), workingDirectory);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return refuse(error);
  }
  const signal = firstSignal();
  let app: NestExpressApplication | undefined;
  try {
    app = await start(config);
  } catch (error) {
    if (error instanceof ConfigurationError) return refuse(error);
    process.stderr.write(`fleetcert could not start: ${(error as Error).message}\n`);
    return EXIT_FAILED;
  }
  const name = await signal;
  app.get(Logger).log(`${name}: stopping`);
  await closeGracefully(app);
  return 0;
}

function refuse(error: ConfigurationError): number {
  process.stderr.write(`${error.message}\n`);
  return EXIT_CONFIGURATION;
}

async function start(config: AppConfig): Promise<NestExpressApplication> {
  if (config.sandbox) process.stdout.write('fleetcert sandbox: starting (nothing in it needs the internet)\n');
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forConfig(config), {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
  try {
    app.useLogger(app.get(Logger));
    app.flushLogs();
    configureHttp(app, config.http);
    openApi(app);
    const { address, port } = config.http.listen;
    await app.listen(port, address);
    app.get(Logger).log(`the API listens on http://${hostPort(config.http.listen)}`);
    if (config.http.httpsListen) {
      // Silence would let an operator believe that devices are served over TLS.
      process.stderr.write(
        'fleetcert: FLEETCERT_HTTPS_LISTEN is not served by this release: put a reverse proxy with TLS in front of the API.\n',
      );
    }
    if (config.sandbox) void app.get(Sandbox).tellStory();
    return app;
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
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
