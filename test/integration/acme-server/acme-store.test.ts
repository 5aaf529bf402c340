import { describe, expect, it } from 'vitest';

import { MemoryAcmeStore } from '../../../src/acme-server/store/memory/memory-acme-store.js';
import { PostgresAcmeStore } from '../../../src/acme-server/store/postgres/postgres-acme-store.js';
import { StoreUnavailableError } from '../../../src/acme-server/ports/acme-store.js';
import { describeOnEachDatabase } from '../../support/database.js';
import { describeAcmeStore } from './acme-store.contract.js';

describe('AcmeStore in memory', () => {
  describeAcmeStore(() => new MemoryAcmeStore());
});

describeOnEachDatabase('AcmeStore in PostgreSQL', (database) => {
  let stores = 0;
  const open = (): PostgresAcmeStore => {
    stores += 1;
    return new PostgresAcmeStore(database.dataSource, `server ${stores}`);
  };

  describeAcmeStore(open);

  it('keeps several servers on one database apart', async () => {
    const [one, two] = [open(), open()];
    const account = {
      id: 'the one account',
      status: 'valid',
      jwk: { kty: 'OKP', crv: 'Ed25519', x: 'x' },
      thumbprint: 'one thumbprint',
      contacts: [],
      createdAt: new Date(),
    } as const;
    await one.accounts.create(account);
    expect(await two.accounts.find(account.id)).toBeUndefined();
    expect(await two.accounts.create({ ...account, id: 'the other account' })).toMatchObject({ created: true });
  });

  it('says that it is unavailable while the database is away, and works again afterwards', async () => {
    const store = open();
    await database.interrupt();
    try {
      await expect(store.accounts.find('anybody')).rejects.toThrow(StoreUnavailableError);
      await expect(store.limits.reset(['a'])).rejects.toThrow(StoreUnavailableError);
      await expect(store.limits.refund(['a'], (_, tat) => tat)).rejects.toThrow(StoreUnavailableError);
    } finally {
      await database.restore();
    }
    expect(await store.accounts.find('anybody')).toBeUndefined();
  });
});
