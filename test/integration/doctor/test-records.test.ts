import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ServerApi, ServerApiError } from '../../../src/ddns/doctor/server-api.js';
import { TestRecords } from '../../../src/ddns/doctor/test-records.js';

describe("the doctor's records", () => {
  let server: Server;
  let api: ServerApi;
  let calls: string[];
  /** Status of the answer to a call; the call is noted when it is answered. */
  let answer: (call: string) => Promise<number> | number;

  beforeEach(async () => {
    calls = [];
    answer = () => 200;
    server = createServer((request, response) => {
      void (async () => {
        const name = await nameIn(request);
        const call = `${request.method} ${name.replace(/fleetcert-doctor-\w+-\w+/, 'x')}`;
        const status = await answer(call);
        calls.push(call);
        response.writeHead(status, { 'content-type': 'application/json' }).end('{"detail":"no"}');
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    api = new ServerApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'fco_x', 2000);
  });
  afterEach(() => new Promise((resolve) => void server.close(resolve)));

  it('are taken away, also the one whose making was not answered well', async () => {
    answer = (call) => (call === 'PUT _x-large' ? 503 : 200);
    const records = new TestRecords(api);
    await expect(records.make('fleet.test')).rejects.toThrow(ServerApiError);
    await records.removeAll();
    expect(calls.toSorted()).toEqual(['DELETE _x', 'DELETE _x-large', 'PUT _x', 'PUT _x-large']);
    expect(records.remaining).toEqual([]);
  });

  it('that are being made when the doctor is ended are waited for, and no more are made', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    answer = async (call) => {
      if (call === 'PUT _x') await held;
      return 200;
    };
    const records = new TestRecords(api);
    const making = records.make('fleet.test').catch((error: Error) => error.message);
    const removing = records.removeAll();
    release();
    await removing;
    expect(await making).toContain('ended');
    expect(calls).toEqual(['PUT _x', 'DELETE _x']);
  });

  it('that could not be taken away are named, with the call that does it', async () => {
    const records = new TestRecords(api);
    await records.make('fleet.test');
    answer = (call) => (call === 'DELETE x' ? 503 : 200);
    await expect(records.removeAll()).rejects.toThrow('503');
    expect(records.remaining).toEqual([
      expect.stringMatching(/^DELETE \/v1\/zones\/fleet\.test\/records\?name=fleetcert-doctor-\w+-\w+&type=A$/),
    ]);
  });

  it('are no trouble when they are gone already', async () => {
    const records = new TestRecords(api);
    await records.make('fleet.test');
    answer = () => 404;
    await records.removeAll();
    expect(records.remaining).toEqual([]);
  });
});

async function nameIn(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('name');
  return query ?? (JSON.parse(body) as { name: string }).name;
}
