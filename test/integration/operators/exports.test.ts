import { get } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DataSource } from 'typeorm';

import { DeviceListing } from '../../../src/operators/devices/device-listing.js';
import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { storeCertificate, storeOrder } from './support.js';

const DEVICES = 1203;

describeOnEachDatabase('exports', (database) => {
  let server: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    server = await startApp(database.url);
    dataSource = server.app.get(DataSource);
    await dataSource.query(
      `INSERT INTO devices (id, label, zone, name, state, addresses, group_name, enrolled_at)
       SELECT gen_random_uuid(), 'd' || n, 'fleet.test', 'd' || n || '.fleet.test', 'active', ARRAY['10.0.0.1', 'fd00::1'], 'many', now() - n * interval '1 second'
         FROM generate_series(1, ${DEVICES}) n`,
    );
  });
  afterAll(() => server.stop());

  const text = async (path: string): Promise<string> => {
    const answer = await server.admin
      .get(path)
      .buffer(true)
      .parse((response, done) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => done(null, body));
      });
    expect(answer.status).toBe(200);
    return answer.body as string;
  };

  it('hold every device that the filters match once, as CSV and as NDJSON', async () => {
    const csv = await text('/v1/devices/export?group=many&sort=name');
    const [head, ...rows] = csv.trimEnd().split('\r\n');
    expect(head!.split(',').slice(0, 5)).toEqual(['deviceId', 'name', 'zone', 'state', 'addresses']);
    expect(rows).toHaveLength(DEVICES);
    expect(rows[0]).toContain('d1.fleet.test,fleet.test,active,10.0.0.1 fd00::1');
    const names = rows.map((row) => row.split(',')[1]);
    expect(new Set(names).size).toBe(DEVICES);
    expect(names).toEqual(names.toSorted());

    const items = (await text('/v1/devices/export?format=ndjson&group=many')).trimEnd().split('\n');
    expect(items).toHaveLength(DEVICES);
    const { body } = await server.admin.get('/v1/devices?group=many&limit=1').expect(200);
    expect(JSON.parse(items[0]!)).toEqual(body.items[0]);
    expect(await text('/v1/devices/export?q=there-is-none&format=ndjson')).toBe('');
  });

  it('say what they are', async () => {
    const csv = await server.admin.get('/v1/devices/export?q=none').expect(200);
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.headers['content-disposition']).toMatch(/^attachment; filename="devices-\d{4}-\d\d-\d\d\.csv"$/);
    const ndjson = await server.admin.get('/v1/orders/export?format=ndjson').expect(200);
    expect(ndjson.headers['content-type']).toContain('application/x-ndjson');
  });

  it('make no formulas: what a spreadsheet would execute is text', async () => {
    const { deviceId } = await server.enroll();
    for (const note of ['=cmd|calc', '+1+1', '-1+1', '@SUM(A1)', '\t=1', 'plain, "quoted"\nand on']) {
      await server.admin.patch(`/v1/devices/${deviceId}`).send({ note, group: 'formulas' }).expect(200);
      const csv = await text('/v1/devices/export?group=formulas');
      const [, row] = csv.split(/\r\n(?=[0-9a-f]{8}-)/);
      if (note.startsWith('plain')) expect(row).toContain('"plain, ""quoted""\nand on"');
      else expect(row).toMatch(new RegExp(`,"?'${note.trim().replaceAll(/[^a-z0-9]/gi, String.raw`\$&`)}"?,|,"?'\\t?`));
      expect(row).not.toMatch(/,"?[=+@\t-]/);
    }
  });

  it('hold orders of every status, events and the audit log', async () => {
    const { deviceId, name } = await server.enroll();
    await storeCertificate(dataSource, deviceId, 30);
    const failed = await storeOrder(dataSource, deviceId, { status: 'failed', reason: 'The CA said no' });
    const orders = (await text(`/v1/orders/export?format=ndjson&device=${deviceId}`)).trimEnd().split('\n');
    expect(orders.map((line) => JSON.parse(line).status).toSorted()).toEqual(['failed', 'issued']);
    expect(await text(`/v1/orders/export?device=${deviceId}&status=failed`)).toContain(`${failed},${deviceId},${name}`);
    const events = await text(`/v1/events/export?device=${deviceId}`);
    expect(events.split('\r\n')[1]).toMatch(/^\d+,[^,]+,device\.enrolled,info,device,/);
    await server.admin.patch(`/v1/devices/${deviceId}`).send({ note: 'audited' }).expect(200);
    expect(await text('/v1/audit/export')).toContain(`PATCH /v1/devices/:id,${deviceId},"{""note"":""audited""}"`);
    const { body: key } = await server.admin.post('/v1/api-keys').send({ role: 'operator' }).expect(201);
    await server.as(key.key).get('/v1/audit/export').expect(403);
    await server.as(key.key).get('/v1/events/export').expect(200);
  });

  it('read no further than the client does, and end with it', async () => {
    const listing = server.app.get(DeviceListing);
    const spy = vi.spyOn(listing, 'list');
    const { port } = server.app.getHttpServer().address() as AddressInfo;
    // Rows large enough that two pages do not fit into the socket's buffers.
    await dataSource.query(`UPDATE devices SET note = repeat('x', 8000) WHERE group_name = 'many'`);
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    await new Promise<void>((resolve, reject) => {
      const call = get({ port, host: '127.0.0.1', path: '/v1/devices/export?group=many', headers }, (response) => {
        response.pause();
        call.on('error', () => undefined);
        response.on('error', () => undefined);
        response.once('readable', () => {
          call.destroy();
          resolve();
        });
      });
      call.on('error', reject);
    });
    // The next export finds a free place, again and again: those that were broken off have given theirs back.
    for (let round = 0; round < 6; round += 1) {
      await expect
        .poll(async () => (await server.admin.get('/v1/devices/export?q=none')).status, { timeout: 5_000 })
        .toBe(200);
    }
    expect(spy.mock.calls.filter(([query]) => query.group === 'many').length).toBeLessThanOrEqual(3);
    spy.mockRestore();
    await dataSource.query(`UPDATE devices SET note = NULL WHERE group_name = 'many'`);
  });

  it('are broken off when something goes wrong on the way, so that nobody takes a part for the whole', async () => {
    const listing = server.app.get(DeviceListing);
    const list = listing.list.bind(listing);
    const spy = vi.spyOn(listing, 'list').mockImplementation((query) => {
      return query.cursor === undefined ? list(query) : Promise.reject(new Error('cut short'));
    });
    await expect(text('/v1/devices/export?group=many')).rejects.toThrow('aborted');
    spy.mockImplementation(() => Promise.reject(new Error('cut short')));
    await server.admin.get('/v1/devices/export?group=many').expect(500);
    spy.mockRestore();
  });

  it.each(['format=xml', 'limit=5', 'cursor=x', 'health=well'])('refuse ?%s', async (query) => {
    await server.admin.get(`/v1/devices/export?${query}`).expect(400);
  });
});
