import { afterAll, describe, expect, it } from 'vitest';

import { withDatabase } from '../../support/database.js';
import { ask } from './ask.js';
import { NO_WRITE, startDdns, ZONE, type DdnsServer } from './ddns-server.js';

const DEVICES = 100_000;

describe(`a zone of ${DEVICES} devices`, () => {
  const database = withDatabase();
  let server: DdnsServer | undefined;
  afterAll(() => server?.stop());

  it('is served within seconds of the start', async () => {
    await database.dataSource.query(
      `INSERT INTO rrsets (zone, name, type, ttl, rdata, owners)
        SELECT $1, md5(n::text) || '.' || $1, 1, 60,
            ARRAY[decode(lpad(to_hex(167772160 + n), 8, '0'), 'hex')], ARRAY['device:' || md5(n::text)::uuid]
          FROM generate_series(1, ${DEVICES}) AS n`,
      [ZONE],
    );
    const begin = performance.now();
    server = await startDdns(database.url);
    const { answers } = await ask(server.port, `c4ca4238a0b923820dcc509a6f75849b.${ZONE}`, 'A');
    const milliseconds = performance.now() - begin;
    expect(answers).toEqual([`c4ca4238a0b923820dcc509a6f75849b.${ZONE}. 60 IN A 10.0.0.1`]);
    // `npm run bench` states the figure; here the machine is shared with other tests.
    expect(milliseconds).toBeLessThan(10_000);
    expect(server.served.zone(ZONE)!.names).toBeGreaterThan(DEVICES);
  });

  it('takes a change in milliseconds', async () => {
    const device = { deviceId: 'd1', name: `d1.${ZONE}`, zone: ZONE, wildcard: false };
    await server!.names.publish({ ...device, addresses: ['10.0.0.1'] }, NO_WRITE);
    const times: number[] = [];
    for (let count = 0; count < 50; count += 1) {
      const begin = performance.now();
      await server!.names.publish({ ...device, addresses: [`10.1.1.${count}`] }, NO_WRITE);
      times.push(performance.now() - begin);
    }
    const median = times.toSorted((a, b) => a - b)[25]!;
    expect(median).toBeLessThan(100);
  });
});
