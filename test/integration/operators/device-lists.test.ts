import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';

import { type EnrolledTestDevice, startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { storeCertificate, storeOrder } from './support.js';

interface Listed {
  readonly deviceId: string;
  readonly name: string;
  readonly certificateHealth: string;
}

const DAY_MILLISECONDS = 86_400_000;

describeOnEachDatabase('the list of devices', (database) => {
  let server: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    // A certificate of 60 days is at risk when a quarter of that is left.
    server = await startApp(database.url, { FLEETCERT_ALARM_AT_RISK: '1/4' });
    dataSource = server.app.get(DataSource);
  });
  afterAll(() => server.stop());

  const list = async (query: string): Promise<Listed[]> =>
    (await server.admin.get(`/v1/devices?${query}`).expect(200)).body.items;
  const ids = async (query: string): Promise<string[]> => (await list(query)).map(({ deviceId }) => deviceId);
  const group = async (): Promise<{ name: string; enroll: (body?: object) => Promise<EnrolledTestDevice> }> => {
    const name = `g${Math.random().toString(36).slice(2, 12)}`;
    const enrollmentKey = await server.enrollmentKey({ group: name });
    return {
      name,
      enroll: async (body = {}) =>
        (
          await server.anyone
            .post('/v1/enroll')
            .send({ enrollmentKey, ...body })
            .expect(201)
        ).body,
    };
  };
  /** All pages of two. */
  async function paged(query: string, between: () => Promise<unknown> = async () => undefined): Promise<string[]> {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null && seen.length < 100) {
      const { body }: { body: { items: Listed[]; nextCursor: string | null } } = await server.admin
        .get(`/v1/devices?${query}&limit=2${cursor && `&cursor=${cursor}`}`)
        .expect(200);
      seen.push(...body.items.map(({ deviceId }) => deviceId));
      cursor = body.nextCursor;
      await between();
    }
    return seen;
  }

  it('filters by the health of the certificate, as each device shows it', async () => {
    const { name, enroll } = await group();
    const made: Record<string, string> = {};
    for (const health of ['ok', 'renewing', 'at-risk', 'expired', 'none', 'failing']) {
      made[health] = (await enroll()).deviceId;
    }
    // Renewal is due when 20 of 60 days are left, the risk begins at 15.
    await storeCertificate(dataSource, made['ok']!, 40);
    await storeCertificate(dataSource, made['renewing']!, 18);
    await storeCertificate(dataSource, made['at-risk']!, 14);
    await storeOrder(dataSource, made['at-risk']!, { status: 'failed' });
    await storeCertificate(dataSource, made['expired']!, 40);
    await storeCertificate(dataSource, made['expired']!, -1);
    await storeCertificate(dataSource, made['failing']!, 40);
    await storeOrder(dataSource, made['failing']!, { status: 'failed' });
    for (const [health, deviceId] of Object.entries(made)) {
      expect({ health, ids: await ids(`group=${name}&health=${health}`) }).toEqual({ health, ids: [deviceId] });
      const { body } = await server.admin.get(`/v1/devices/${deviceId}`).expect(200);
      expect(body.certificateHealth).toBe(health);
    }
    expect(await ids(`group=${name}&health=none,expired`)).toEqual([made['expired'], made['none']]);

    // A failing one without a certificate, and one that was revoked.
    await storeOrder(dataSource, made['none']!, { status: 'failed' });
    await dataSource.query(
      `UPDATE certificates SET revoked_at = now(), revocation_reason = 'superseded' WHERE device_id = $1`,
      [made['ok']],
    );
    expect((await ids(`group=${name}&health=failing`)).toSorted()).toEqual(
      [made['none']!, made['failing']!].toSorted(),
    );
    expect(await ids(`group=${name}&health=none`)).toEqual([made['ok']]);
    const counted = (await server.admin.get('/v1/fleet').expect(200)).body.certificates;
    const all = await list('limit=1000');
    for (const health of Object.keys(made)) {
      const devices = all.filter(({ certificateHealth }) => certificateHealth === health);
      expect({ health, count: counted[health] }).toEqual({ health, count: devices.length });
    }
  });

  it('filters by state and by when a device was seen', async () => {
    const { name, enroll } = await group();
    const [old, young, suspended] = [await enroll(), await enroll(), await enroll()];
    await dataSource.query(`UPDATE devices SET last_seen_at = now() - interval '40 days' WHERE id = $1`, [
      old.deviceId,
    ]);
    await server.admin.post(`/v1/devices/${suspended.deviceId}/suspend`).expect(200);
    const at = new Date(Date.now() - 30 * DAY_MILLISECONDS).toISOString();
    expect(await ids(`group=${name}&lastSeenBefore=${at}`)).toEqual([old.deviceId]);
    expect(await ids(`group=${name}&lastSeenAfter=${at}`)).toEqual([young.deviceId, suspended.deviceId]);
    expect(await ids(`group=${name}&lastSeenAfter=${at}&state=active`)).toEqual([young.deviceId]);
    expect(await ids(`group=${name}&state=suspended`)).toEqual([suspended.deviceId]);
    expect(await ids(`group=${name}&sort=lastSeenAt`)).toEqual([old.deviceId, young.deviceId, suspended.deviceId]);
  });

  it('finds by name, label, alias, group, note, hardware id and address, and takes every character for itself', async () => {
    const { name, enroll } = await group();
    const device = await enroll({ hardwareId: `SN_${name}%`, addresses: ['10.9.8.7', 'fd00:0:0:0::9'] });
    const other = await enroll({ hardwareId: `SNX${name}Y`, addresses: ['10.9.8.70'] });
    const label = device.name.slice(0, device.name.indexOf('.'));
    await server.admin
      .patch(`/v1/devices/${device.deviceId}`)
      .send({ note: `Basement, left of the Boiler (${name})`, aliases: [`boiler-${name}`] })
      .expect(200);
    for (const q of [
      device.name,
      label,
      label.slice(3, 9),
      label.toUpperCase(),
      `boiler-${name}`,
      `left of the boiler (${name}`,
      `sn_${name}%`,
      '10.9.8.7',
      'FD00::9',
    ]) {
      expect({ q, ids: await ids(`q=${encodeURIComponent(q)}`) }).toEqual({ q, ids: [device.deviceId] });
    }
    expect(await ids(`q=${name}`)).toEqual([device.deviceId, other.deviceId]);
    for (const q of [`sn\\${name}`, `${name}__`, '10.9.8', `${label} x`])
      expect({ q, ids: await ids(`q=${encodeURIComponent(q)}`) }).toEqual({ q, ids: [] });
    await server.admin.patch(`/v1/devices/${device.deviceId}`).send({ note: null, group: null }).expect(200);
    expect(await ids(`q=${name}&group=${name}`)).toEqual([other.deviceId]);
    await server.admin.delete(`/v1/devices/${other.deviceId}`).expect(204);
    expect(await ids(`q=SNX${name}`)).toEqual([]);
  });

  it.each(['enrolledAt', '-enrolledAt', 'name', '-name', 'notAfter', '-notAfter', 'lastSeenAt', '-lastSeenAt'])(
    'in the order of %s holds each device once, while others come, change and go',
    async (sort) => {
      const { name, enroll } = await group();
      const stay: EnrolledTestDevice[] = [];
      for (let index = 0; index < 5; index += 1) stay.push(await enroll());
      for (const [index, device] of stay.entries()) {
        if (index < 3) await storeCertificate(dataSource, device.deviceId, 30 + index);
        await dataSource.query(`UPDATE devices SET last_seen_at = now() - $2 * interval '1 hour' WHERE id = $1`, [
          device.deviceId,
          index % 2,
        ]);
      }
      const leaving = await enroll();
      let isFirst = true;
      const seen = await paged(`group=${name}&sort=${sort}`, async () => {
        if (isFirst) await server.admin.delete(`/v1/devices/${leaving.deviceId}`).expect(204);
        isFirst = false;
      });
      const known = seen.filter((id) => id !== leaving.deviceId);
      expect(known.toSorted()).toEqual(stay.map(({ deviceId }) => deviceId).toSorted());
      expect(await ids(`group=${name}&sort=${sort}`)).toEqual(known);
      const other = sort.startsWith('-') ? sort.slice(1) : `-${sort}`;
      expect(await ids(`group=${name}&sort=${other}`)).toEqual(known.toReversed());
    },
  );

  it('refuses a cursor of another order, and what is no filter', async () => {
    await Promise.all([server.enroll(), server.enroll()]);
    const { body } = await server.admin.get('/v1/devices?limit=1').expect(200);
    await server.admin.get(`/v1/devices?limit=1&cursor=${body.nextCursor}`).expect(200);
    for (const query of [
      `sort=name&cursor=${body.nextCursor}`,
      'sort=note',
      'health=well',
      'health=',
      'lastSeenBefore=yesterday',
      'lastSeenAfter=2026',
      'state=deleted',
      `cursor=${Buffer.from('["enrolledAt","infinity","x"]').toString('base64url')}`,
    ]) {
      const answer = await server.admin.get(`/v1/devices?${query}`);
      const { status, body: problem } = answer;
      expect({ query, status, type: problem.type }).toEqual({
        query,
        status: 400,
        type: 'urn:fleetcert:problem:invalid_request',
      });
    }
  });

  it('of facts agrees with the tables, whatever has happened to them', async () => {
    // One that was deleted and comes back, as the API's own name does.
    const [back, failed] = [await server.enroll(), await server.enroll()];
    await storeCertificate(dataSource, back.deviceId, 30);
    await storeOrder(dataSource, failed.deviceId, { status: 'failed' });
    for (const state of ['deleted', 'active']) {
      await dataSource.query(`UPDATE devices SET state = $2 WHERE id = ANY ($1::uuid[])`, [
        [back.deviceId, failed.deviceId],
        state,
      ]);
    }
    const rows = await dataSource.query(
      `SELECT d.id, f.device_id IS NULL AS missing, f.state = d.state AS state, f.group_name IS NOT DISTINCT FROM d.group_name AS group_name,
              f.not_after IS NOT DISTINCT FROM c.not_after AS not_after, f.seen_at = coalesce(d.last_seen_at, d.enrolled_at) AS seen, f.has_failed = coalesce(o.status = 'failed', false) AS failed
         FROM devices d FULL JOIN device_facts f ON f.device_id = d.id
         LEFT JOIN LATERAL (SELECT CASE WHEN revoked_at IS NULL THEN not_after END AS not_after FROM certificates
                             WHERE device_id = d.id ORDER BY created_at DESC, id LIMIT 1) c ON true
         LEFT JOIN LATERAL (SELECT status FROM issuance_orders WHERE device_id = d.id ORDER BY created_at DESC, id LIMIT 1) o ON true
        WHERE d.state IS DISTINCT FROM 'deleted'`,
    );
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) {
      expect(row).toEqual({
        id: row.id,
        missing: false,
        state: true,
        group_name: true,
        not_after: true,
        seen: true,
        failed: true,
      });
    }
  });
});
