import { createHash, randomBytes } from 'node:crypto';
import { Resolver } from 'node:dns/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type EnrolledTestDevice, startApp, type TestApp } from '../support/app.js';
import { describeOnEachDatabase } from '../support/database.js';

interface Account {
  readonly accessId: string;
  readonly username: string;
  readonly password: string;
}

interface AcmeDnsAccount extends Account {
  readonly fulldomain: string;
  readonly subdomain: string;
}

const challengeValue = () => randomBytes(32).toString('base64url');

describeOnEachDatabase('doors for existing clients', (database) => {
  let server: TestApp;
  let dns: Resolver;
  let device: EnrolledTestDevice;

  beforeAll(async () => {
    server = await startApp(database.url);
    dns = new Resolver({ timeout: 1000, tries: 2 });
    dns.setServers([`127.0.0.1:${server.dnsPort}`]);
    device = await server.enroll({ addresses: ['10.0.0.1', 'fd00::1'] });
  });
  afterAll(() => server.stop());

  const open = async <T extends Account>(door: string, more: object = {}): Promise<T> => {
    const wanted = { door, ...more };
    const { body } = await server.as(device.token).post('/v1/device/access').send(wanted).expect(201);
    return body as T;
  };
  const txtAt = async (name: string): Promise<string[]> => {
    const found = await dns.resolveTxt(name).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTFOUND' || error.code === 'ENODATA') return [];
      throw error;
    });
    return found.map((strings) => strings.join('')).toSorted();
  };

  describe('acme-dns', () => {
    let account: AcmeDnsAccount;
    beforeAll(async () => {
      account = await open<AcmeDnsAccount>('acme-dns');
    });

    const update = (body: string | object, as: Partial<Account> = account) =>
      server.anyone
        .post('/acme-dns/update')
        .set('X-Api-User', as.username ?? '')
        .set('X-Api-Key', as.password ?? '')
        .set('Content-Type', 'application/x-www-form-urlencoded')
        .send(typeof body === 'string' ? body : JSON.stringify(body));

    it('gives what a registration gives, in the shapes that clients check', () => {
      expect(account).toEqual({
        accessId: account.accessId,
        door: 'acme-dns',
        username: expect.stringMatching(/^[0-9a-f-]{36}$/),
        password: expect.stringMatching(/^[A-Za-z0-9_-]{40}$/),
        fulldomain: `_acme-challenge.${device.name}`,
        subdomain: expect.stringMatching(/^[0-9a-f-]{36}$/),
        allowfrom: [],
        server_url: expect.stringMatching(/\/acme-dns$/),
      });
    });

    it('serves a value when its call returns, and keeps the newest two', async () => {
      const values = [challengeValue(), challengeValue(), challengeValue()];
      for (const txt of values) {
        const { text } = await update({ subdomain: account.subdomain, txt }).expect(200);
        expect(text).toBe(`{"txt":"${txt}"}`);
      }
      expect(await txtAt(account.fulldomain)).toEqual(values.slice(1).toSorted());
      await update({ subdomain: account.subdomain, txt: values[1] }).expect(200);
      expect(await txtAt(account.fulldomain)).toEqual(values.slice(1).toSorted());
    });

    it('reads keys in any case', async () => {
      const txt = challengeValue();
      await update({ SubDomain: account.subdomain, TXT: txt }).expect(200);
      expect(await txtAt(account.fulldomain)).toContain(txt);
    });

    it.each([
      ['a value that is no challenge', (own: AcmeDnsAccount) => ({ subdomain: own.subdomain, txt: 'short' }), 400],
      ['a value of 44 characters', (own: AcmeDnsAccount) => ({ subdomain: own.subdomain, txt: 'x'.repeat(44) }), 400],
    ])('answers bad_txt to %s', async (_what, body, status) => {
      const answer = await update(body(account)).expect(status);
      expect(answer.text).toBe('{"error":"bad_txt"}');
    });

    it.each([
      ["another account's subdomain", () => update({ subdomain: device.deviceId, txt: challengeValue() })],
      ['no subdomain', () => update({ txt: challengeValue() })],
      ['a body that is no JSON', () => update('subdomain=x&txt=y')],
      ['null', () => update('null')],
      ['a wrong password', () => update({ subdomain: account.subdomain }, { ...account, password: 'x'.repeat(40) })],
      ['no credentials', () => update({ subdomain: account.subdomain, txt: challengeValue() }, {})],
      ['a user that is no UUID', () => update({ subdomain: account.subdomain }, { ...account, username: "' OR 1=1" })],
    ])('answers forbidden to %s', async (_what, call) => {
      const answer = await call().expect(401);
      expect(answer.text).toBe('{"error":"forbidden"}');
    });

    it('lets updates come from the allowed addresses only', async () => {
      const there = await open<AcmeDnsAccount>('acme-dns', { allowfrom: ['127.0.0.0/8', '[::1]/64'] });
      await update({ subdomain: there.subdomain, txt: challengeValue() }, there).expect(200);
      const elsewhere = await open<AcmeDnsAccount>('acme-dns', { allowfrom: ['192.168.100.1/24'] });
      await update({ subdomain: elsewhere.subdomain, txt: challengeValue() }, elsewhere).expect(401);
    });

    it('registers nobody, and says that it is well', async () => {
      const answer = await server.anyone.post('/acme-dns/register').send('null').expect(403);
      expect(answer.body).toEqual({ error: 'registration_disabled' });
      await server.anyone.get('/acme-dns/health').expect(200);
    });
  });

  describe('httpreq', () => {
    let account: Account;
    beforeAll(async () => {
      account = await open('httpreq');
    });

    const call = (action: string, body: object, as: Account = account) =>
      server.anyone.post(`/httpreq/${action}`).auth(as.username, as.password).send(JSON.stringify(body));

    it('puts a value in and takes that one out again, as often as it is told', async () => {
      const fqdn = `_acme-challenge.${device.name}.`;
      const [first, second] = [challengeValue(), challengeValue()];
      await call('present', { fqdn, value: first }).expect(200);
      await call('present', { fqdn, value: second }).expect(200);
      expect(await txtAt(fqdn)).toEqual(expect.arrayContaining([first, second]));
      await call('cleanup', { fqdn, value: first }).expect(200);
      await call('cleanup', { fqdn, value: first }).expect(200);
      expect(await txtAt(fqdn)).not.toContain(first);
      expect(await txtAt(fqdn)).toContain(second);
    });

    it('works the value out in RAW mode', async () => {
      const keyAuth = `${randomBytes(16).toString('hex')}.thumbprint`;
      await call('present', { domain: `*.below.${device.name}`, token: 'x', keyAuth }).expect(200);
      const digest = createHash('sha256').update(keyAuth).digest('base64url');
      expect(await txtAt(`_acme-challenge.below.${device.name}`)).toEqual([digest]);
      await call('cleanup', { domain: `*.below.${device.name}`, token: 'x', keyAuth }).expect(200);
      expect(await txtAt(`_acme-challenge.below.${device.name}`)).toEqual([]);
    });

    it('takes nothing out that another credential has put in', async () => {
      const [fqdn, shared] = [`_acme-challenge.${device.name}.`, challengeValue()];
      const other = await open<Account>('httpreq');
      await call('present', { fqdn, value: shared }).expect(200);
      await call('present', { fqdn, value: shared }, other).expect(200);
      await call('cleanup', { fqdn, value: shared }).expect(200);
      expect(await txtAt(fqdn)).toContain(shared);
    });

    it.each([
      ['a name of another device', (name: string) => `_acme-challenge.x${name}.`, 403],
      ["the zone's apex", () => '_acme-challenge.fleet.test.', 403],
      ['a name that is no challenge', (name: string) => `${name}.`, 400],
    ])('refuses %s', async (_what, fqdn, status) => {
      await call('present', { fqdn: fqdn(device.name), value: challengeValue() }).expect(status);
    });

    it('refuses a wrong password, and credentials of another door', async () => {
      const body = { fqdn: `_acme-challenge.${device.name}.`, value: challengeValue() };
      await call('present', body, { ...account, password: 'x'.repeat(40) }).expect(401);
      await call('present', body, await open<Account>('dyndns2')).expect(401);
      await server.anyone.post('/httpreq/present').send(JSON.stringify(body)).expect(401);
    });
  });

  describe('dyndns2', () => {
    let account: Account;
    beforeAll(async () => {
      account = await open('dyndns2');
    });

    const update = (query: Record<string, string>, as: Account = account) =>
      server.anyone.get('/nic/update').auth(as.username, as.password).query(query);

    it('changes the addresses of the families that are given, and says when nothing changed', async () => {
      const { text } = await update({ hostname: device.name, myip: '10.7.7.7' }).expect(200);
      expect(text).toBe('good 10.7.7.7\n');
      expect(await dns.resolve4(device.name)).toEqual(['10.7.7.7']);
      expect(await dns.resolve6(device.name)).toEqual(['fd00::1']);
      expect((await update({ hostname: device.name, myip: '10.7.7.7' }).expect(200)).text).toBe('nochg 10.7.7.7\n');
      const both = await update({ hostname: device.name, myip: 'fd00::2,10.7.7.8', wildcard: 'ON', mx: 'x' });
      expect(both.text).toBe('good 10.7.7.8,fd00::2\n');
    });

    it("changes the addresses of the device's aliases as well", async () => {
      const aliases = [`k${randomBytes(6).toString('hex')}`];
      await server.admin.patch(`/v1/devices/${device.deviceId}`).send({ aliases }).expect(200);
      await update({ hostname: device.name, myip: '10.7.7.9,fd00::9' }).expect(200);
      expect(await dns.resolve4(`${aliases[0]}.fleet.test`)).toEqual(['10.7.7.9']);
      expect(await dns.resolve6(`${aliases[0]}.fleet.test`)).toEqual(['fd00::9']);
      await server.admin.patch(`/v1/devices/${device.deviceId}`).send({ aliases: [] }).expect(200);
    });

    it('answers a line a name, in the order asked', async () => {
      const hostname = `other.example.org,${device.name.toUpperCase()},nothing`;
      const { text } = await update({ hostname, myip: '10.8.8.8' }).expect(200);
      expect(text.trim().split('\n')).toEqual(['nohost', 'good 10.8.8.8', 'notfqdn']);
    });

    it('answers numhost to too many names, notfqdn to none, and abuse to an address outside the policy', async () => {
      const hostname = Array.from({ length: 21 }, () => device.name).join(',');
      expect((await update({ hostname, myip: '10.9.9.9' })).text).toBe('numhost\n');
      expect((await update({ myip: '10.9.9.9' })).text).toBe('notfqdn\n');
      expect((await update({ hostname: device.name, myip: '8.8.8.8' })).text).toBe('abuse\n');
    });

    it("takes the client's own address where none is given", async () => {
      const { text } = await update({ hostname: device.name, myip: 'nonsense' }).expect(200);
      expect(text).toBe('good 127.0.0.1\n');
    });

    it('answers badauth with 401 to wrong credentials', async () => {
      const { text } = await update({ hostname: device.name }, { ...account, password: 'wrong' }).expect(401);
      expect(text).toBe('badauth\n');
    });
  });

  it('a suspended device changes nothing by any door', async () => {
    const [acmeDns, httpreq, dyndns] = [
      await open<AcmeDnsAccount>('acme-dns'),
      await open<Account>('httpreq'),
      await open<Account>('dyndns2'),
    ];
    await server.admin.post(`/v1/devices/${device.deviceId}/suspend`).expect(200);
    const [txt, fqdn] = [challengeValue(), `_acme-challenge.${device.name}.`];
    const post = (path: string) => server.anyone.post(path);
    await post('/acme-dns/update')
      .set({ 'X-Api-User': acmeDns.username, 'X-Api-Key': acmeDns.password })
      .send(JSON.stringify({ subdomain: acmeDns.subdomain, txt }))
      .expect(401);
    await post('/httpreq/present')
      .auth(httpreq.username, httpreq.password)
      .send(JSON.stringify({ fqdn, value: txt }))
      .expect(403);
    const { text } = await server.anyone
      .get('/nic/update')
      .auth(dyndns.username, dyndns.password)
      .query({ hostname: device.name, myip: '10.6.6.6' });
    expect(text).toBe('abuse\n');
    expect(await txtAt(fqdn)).not.toContain(txt);
    await server.admin.post(`/v1/devices/${device.deviceId}/resume`).expect(200);
  });

  it('an access that is ended takes its values along, and lists never show a password', async () => {
    const account = await open<Account>('httpreq');
    const [fqdn, value] = [`_acme-challenge.${device.name}.`, challengeValue()];
    const call = () =>
      server.anyone
        .post('/httpreq/present')
        .auth(account.username, account.password)
        .send(JSON.stringify({ fqdn, value }));
    await call().expect(200);
    const listed = await server.as(device.token).get('/v1/device/access').expect(200);
    expect(JSON.stringify(listed.body)).toContain(account.accessId);
    expect(JSON.stringify(listed.body)).not.toContain(account.password);
    await server.as(device.token).delete(`/v1/device/access/${account.accessId}`).expect(204);
    expect(await txtAt(fqdn)).not.toContain(value);
    await call().expect(401);
  });
});
