import 'reflect-metadata';

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';

import { AppModule } from '../../src/app.module.js';
import { openApi } from '../../src/openapi.js';
import type { Environment } from '../../src/platform/config/environment.js';
import { readConfig } from '../../src/platform/config/read-config.js';
import { configureHttp } from '../../src/platform/http/configure-http.js';
import { freePort } from './free-port.js';

export const ADMIN_TOKEN = 'fco_test-admin-token-of-this-run';

/** The whole server in this process, on a database of the test's own and on free ports. */
export interface TestApp {
  readonly app: NestExpressApplication;
  readonly dnsPort: number;
  readonly dataDirectory: string;
  /** Calls without a credential. */
  readonly anyone: TestAgent;
  /** Calls with a bearer credential. */
  as(token: string): Caller;
  /** Calls as the bootstrap administrator. */
  readonly admin: Caller;
  /** Makes an enrollment key. */
  enrollmentKey(wanted?: object): Promise<string>;
  /** Enrolls a device. */
  enroll(body?: object): Promise<EnrolledTestDevice>;
  stop(): Promise<void>;
}

export interface EnrolledTestDevice {
  readonly deviceId: string;
  readonly name: string;
  readonly zone: string;
  readonly token: string;
  readonly addresses: string[];
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export type Caller = Record<Method, (path: string) => supertest.Test>;

/** Starts the server as `npm start` would, without demo devices; `environment` is laid over that. */
export async function startApp(databaseUrl: string, environment: Environment = {}): Promise<TestApp> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'fleetcert-app-'));
  const [dnsPort, caPort] = [await freePort(), await freePort()];
  const config = readConfig(
    {
      DATABASE_URL: databaseUrl,
      FLEETCERT_DATA_DIR: dataDirectory,
      FLEETCERT_DNS_LISTEN: `127.0.0.1:${dnsPort}`,
      FLEETCERT_HTTP_LISTEN: '127.0.0.1:0',
      FLEETCERT_SANDBOX_CA_LISTEN: `127.0.0.1:${caPort}`,
      FLEETCERT_SANDBOX_DEVICES: '0',
      FLEETCERT_ADMIN_TOKEN: ADMIN_TOKEN,
      ...environment,
    },
    dataDirectory,
  );
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forConfig(config), {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  configureHttp(app, config.http);
  openApi(app);
  Logger.overrideLogger(false);
  await app.listen(0, '127.0.0.1');
  const anyone = supertest.agent(app.getHttpServer());
  const as = (token: string): Caller => {
    const call = (method: Method) => (path: string) => anyone[method](path).set('Authorization', `Bearer ${token}`);
    return { get: call('get'), post: call('post'), put: call('put'), patch: call('patch'), delete: call('delete') };
  };
  const admin = as(ADMIN_TOKEN);
  const enrollmentKey = async (wanted: object = {}): Promise<string> => {
    const { body } = await admin.post('/v1/enrollment-keys').send(wanted).expect(201);
    return (body as { key: string }).key;
  };
  return {
    app,
    dnsPort,
    dataDirectory,
    anyone,
    as,
    admin,
    enrollmentKey,
    enroll: async (body = {}) => {
      const key = await enrollmentKey();
      const answer = await anyone
        .post('/v1/enroll')
        .send({ enrollmentKey: key, ...body })
        .expect(201);
      return answer.body as EnrolledTestDevice;
    },
    stop: async () => {
      await app.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
