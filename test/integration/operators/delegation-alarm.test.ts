import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import type { DelegationLook } from '../../../src/operators/alarms/delegation-observations.js';
import { AlarmScan } from '../../../src/operators/alarms/alarm-scan.js';
import { delegationLook } from '../../../src/operators/alarms/delegation-look.js';
import { DelegationScan } from '../../../src/operators/alarms/delegation-scan.js';
import { readConfig } from '../../../src/platform/config/read-config.js';
import { startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { freePort } from '../../support/free-port.js';
import {
  type Answerer,
  type MeddlingNameServer,
  parentThatRefers,
  startNameServer,
} from '../doctor/meddling-name-server.js';

const ZONE = 'fleet.test';
const NS1 = { name: `ns1.${ZONE}`, addresses: ['192.0.2.53'] };
const RIGHT = parentThatRefers(ZONE, [NS1.name], { [NS1.name]: '192.0.2.53' });
const OTHER_SERVERS = parentThatRefers(ZONE, ['ns.elsewhere.test'], {});
const OTHER_GLUE = parentThatRefers(ZONE, [NS1.name], { [NS1.name]: '192.0.2.99' });

describeOnEachDatabase('the alarm of a broken delegation', (database) => {
  let server: TestApp;
  let parent: MeddlingNameServer | undefined;

  beforeAll(async () => {
    server = await startApp(database.url);
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    await parent?.stop();
    parent = undefined;
  });

  async function scanWith(answer: Answerer | undefined): Promise<void> {
    await parent?.stop();
    parent = answer && (await startNameServer({ address: '127.0.0.1', port: 0 }, answer));
    const look: DelegationLook = {
      zones: [ZONE],
      nameServers: [NS1],
      resolvers: [],
      parent: parent ?? { address: '127.0.0.1', port: await freePort() },
      timeoutMilliseconds: 900,
    };
    await server.app.get(DelegationScan).scan(look);
  }
  /** As if the first sight of what is observed was so long ago. */
  const age = (minutes: number) =>
    database.dataSource.query(
      `UPDATE alarms SET observed_at = observed_at - $1 * interval '1 minute', seen_at = seen_at - $1 * interval '1 minute'`,
      [minutes],
    );
  const raised = async (): Promise<{ kind: string; message: string }[]> =>
    (await server.admin.get('/v1/alarms?kind=delegation.broken').expect(200)).body.items;
  const told = async (): Promise<string[]> =>
    (await server.admin.get('/v1/events?type=delegation.broken,alarm.resolved').expect(200)).body.items.map(
      ({ type }: { type: string }) => type,
    );

  it('is raised by the second look that finds the parent wrong, kept while the parent cannot be asked, and resolved', async () => {
    await scanWith(RIGHT);
    expect(await raised()).toEqual([]);
    await scanWith(OTHER_SERVERS);
    expect(await raised()).toEqual([]);
    await age(5);
    await scanWith(OTHER_SERVERS);
    const [alarm] = await raised();
    expect(alarm!.message).toContain('the NS records differ from FLEETCERT_NAMESERVERS');
    expect(alarm!.message).toContain('ns.elsewhere.test');
    expect(await told()).toEqual(['delegation.broken']);

    // Neither silence nor the other look for alarms, which does not see delegations, ends it.
    await age(10);
    await scanWith(undefined);
    await server.app.get(AlarmScan).scanFleet();
    expect(await raised()).toHaveLength(1);
    await scanWith(RIGHT);
    expect(await raised()).toEqual([]);
    expect(await told()).toEqual(['alarm.resolved', 'delegation.broken']);
  });

  it('is raised for wrong glue', async () => {
    await scanWith(OTHER_GLUE);
    await age(5);
    await scanWith(OTHER_GLUE);
    expect((await raised())[0]!.message).toContain('the glue differs');
    await scanWith(RIGHT);
  });

  it('is not raised where the parent was never reached', async () => {
    await scanWith(undefined);
    await age(5);
    await scanWith(undefined);
    expect(await raised()).toEqual([]);
  });

  it('is off in the sandbox, and where it was switched off', () => {
    const production = {
      FLEETCERT_ACME_DIRECTORY: 'https://ca.example.com/directory',
      FLEETCERT_ZONES: 'd.example.com',
      FLEETCERT_NAMESERVERS: 'ns1.d.example.com=192.0.2.53',
    };
    expect(delegationLook(readConfig({}, '/nowhere'))).toBeUndefined();
    expect(
      delegationLook(readConfig({ ...production, FLEETCERT_ALARM_DELEGATION: 'off' }, '/nowhere')),
    ).toBeUndefined();
    expect(delegationLook(readConfig(production, '/nowhere'))).toMatchObject({ zones: ['d.example.com'] });
  });
});
