import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeOnEachDatabase } from '../../support/database.js';
import { startDdns, NO_WRITE, ZONE, type DdnsServer } from './ddns-server.js';
import { ChallengeRecords } from '../../../src/ddns/publishing/challenge-records.js';
import { ask } from './ask.js';

describeOnEachDatabase('device names', (database) => {
  let server: DdnsServer;
  beforeAll(async () => {
    server = await startDdns(database.url);
  });
  afterAll(() => server.stop());

  const device = { deviceId: 'd1', name: `d1.${ZONE}`, zone: ZONE, wildcard: false };

  it('serves a device when publish resolves', async () => {
    await server.names.publish({ ...device, addresses: ['10.1.1.4', 'fd00::4'] }, NO_WRITE);
    expect(await ask(server.port, `d1.${ZONE}`, 'A')).toMatchObject({
      rcode: 'NOERROR',
      answers: ['d1.fleet.test. 60 IN A 10.1.1.4'],
    });
    expect(await ask(server.port, `10-1-1-4.d1.${ZONE}`, 'A')).toMatchObject({
      answers: ['10-1-1-4.d1.fleet.test. 60 IN A 10.1.1.4'],
    });
    expect(await ask(server.port, `fd00--4.d1.${ZONE}`, 'AAAA')).toMatchObject({ rcode: 'NOERROR' });
    expect(await ask(server.port, `x.d1.${ZONE}`, 'A')).toMatchObject({ rcode: 'NXDOMAIN' });
  });

  it('confirms', async () => {
    const challenges = server.get(ChallengeRecords);
    await challenges.publish({ name: `_acme-challenge.d1.${ZONE}`, value: 'abc', orderId: 'o1' });
    await challenges.confirmServed(`_acme-challenge.d1.${ZONE}`, 'abc');
    await expect(challenges.confirmServed(`_acme-challenge.d1.${ZONE}`, 'other')).rejects.toThrow('does not serve');
    await challenges.withdraw({ orderId: 'o1' });
    await expect(challenges.confirmServed(`_acme-challenge.d1.${ZONE}`, 'abc')).rejects.toThrow('does not serve');
  });
});
