import { expect, it } from 'vitest';

import { mustWireName, presentName } from '../../../src/ddns/domain/name.js';
import { readRrsets } from '../../../src/ddns/store/rrset-rows.js';
import {
  pipelinedTransaction,
  type PipelinedTransaction,
} from '../../../src/platform/database/pipelined-transaction.js';
import { describeOnEachDatabase } from '../../support/database.js';

const ZONE = 'fleet.test';
/** Names at and below each device's. */
const NAMES = 60;
const DEVICES = 500;

describeOnEachDatabase("RRsets of devices' subtrees", (database) => {
  const query = (text: string, values: unknown[] = []): Promise<unknown> => database.dataSource.query(text, values);
  const subtree = mustWireName(`device7.${ZONE}`);
  const read = (transaction: PipelinedTransaction) =>
    readRrsets(transaction, [{ zone: ZONE, scope: { subtrees: [subtree] } }]);

  it.each([
    ['one zone are gone', [ZONE], []],
    ['one zone are gone and the indexes made anew', [ZONE], ['REINDEX TABLE rrsets']],
    ['two zones are gone', [ZONE, 'other.test'], []],
    ['two zones are gone and the indexes made anew', [ZONE, 'other.test'], ['REINDEX TABLE rrsets']],
  ])(
    'are looked up in the index when most rows of %s, and not by a bitmap or the whole index',
    async (_, zones, afterwards) => {
      await query('TRUNCATE rrsets');
      await query(
        `INSERT INTO rrsets (zone, name, type, ttl, rdata, owners)
         SELECT zone, CASE WHEN n % $2 = 0 THEN '' ELSE '10-1-1-' || n % $2 || '.' END || 'device' || n / $2 || '.' || zone,
             1, 60, ARRAY['\\x0a010101'::bytea], ARRAY['device']
           FROM generate_series(0, $2::integer * $3::integer - 1) n, unnest($1::text[]) zone ORDER BY n % $2, n, zone`,
        [zones, NAMES, DEVICES],
      );
      await query(`DELETE FROM rrsets WHERE name LIKE '10-1-1-%' AND name NOT LIKE '10-1-1-7.%'`);
      await query('VACUUM ANALYZE rrsets');
      for (const text of afterwards) await query(text);

      const found = await pipelinedTransaction(database.dataSource, read);
      expect(
        found
          .get(ZONE)!
          .map(({ name }) => presentName(name))
          .toSorted(),
      ).toEqual([`10-1-1-7.device7.${ZONE}`, `device7.${ZONE}`]);

      const plan = await pipelinedTransaction(database.dataSource, async (transaction) => {
        let statement = '';
        const send: PipelinedTransaction['send'] = async ({ text }) => {
          statement = text;
          return [];
        };
        await read({ ...transaction, send });
        await transaction.manager.query(`PREPARE reading (text[], text[]) AS ${statement}`);
        const lines = await transaction.manager.query<{ 'QUERY PLAN': string }[]>(
          `EXPLAIN EXECUTE reading (ARRAY['${ZONE}'], ARRAY['x.'])`,
        );
        await transaction.manager.query('DEALLOCATE reading');
        return lines.map((line) => line['QUERY PLAN']).join('\n');
      });
      expect(plan).toMatch(/Index Scan using rrsets_below on rrsets/);
      expect(plan).toMatch(/Index Cond: .*zone = .*reverse\(name\).*reverse\(name\)/);
      expect(plan).not.toMatch(/Bitmap|Materialize|Join Filter/);
    },
  );
});
