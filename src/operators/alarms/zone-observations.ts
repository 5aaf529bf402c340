import type { DataSource } from 'typeorm';

import { isSerialAfter } from '../../ddns/domain/serial.js';
import type { ServedZones } from '../../ddns/store/served-zones.js';
import type { Secondaries } from '../../ddns/transfer/secondaries.js';
import type { Observation } from '../domain/alarm.js';

type Queries = Pick<DataSource, 'query'>;

/** A change has so long to reach a secondary. */
const TRANSFER_SECONDS = 60;

/** A feed that is so far behind is worth an alarm. */
const LAG_SECONDS = 10;

/** Secondaries that do not answer, or do not serve what the zone held a minute ago. */
export async function observeSecondaries(
  database: Queries,
  secondaries: Pick<Secondaries, 'list'>,
  zones: readonly string[],
): Promise<Observation[]> {
  const perZone = await Promise.all(
    zones.map(async (zone) => {
      const due = await serialBefore(database, zone);
      const known = await secondaries.list(zone);
      return known
        .filter(({ serial }) => serial === null || (due !== undefined && isSerialAfter(due, serial)))
        .map(({ id, address, port, serial }): Observation => {
          const who = `${address} port ${port}`;
          const what = serial === null ? 'does not answer' : `serves serial ${serial}, which is older than ${due}`;
          return {
            kind: 'secondary.behind',
            subject: { kind: 'secondary', id, name: `${who} for ${zone}` },
            message: `The secondary ${who} of ${zone} ${what}. Until it follows, orders wait for it.`,
            data: { zone, address, port, serial, expected: due ?? null },
          };
        });
    }),
  );
  return perZone.flat();
}

/** The serial that the zone had a while ago; undefined when the journal does not know. */
async function serialBefore(database: Queries, zone: string): Promise<number | undefined> {
  const [row] = await database.query<{ serial: string | null }[]>(
    `SELECT coalesce(
       (SELECT serial_from FROM zone_journal WHERE zone = $1 AND created_at > now() - ${TRANSFER_SECONDS} * interval '1 second'
         ORDER BY id LIMIT 1),
       (SELECT serial FROM zones WHERE name = $1 AND changed_at <= now() - ${TRANSFER_SECONDS} * interval '1 second')) AS serial`,
    [zone],
  );
  return row?.serial === null || row === undefined ? undefined : Number(row.serial);
}

/** How long this server's memory has been behind the database, for each zone; 0 when it is not. */
export async function feedLags(
  database: Queries,
  served: Pick<ServedZones, 'zone' | 'names'>,
): Promise<{ readonly zone: string; readonly lagSeconds: number }[]> {
  const zones = served.names();
  const serials = zones.map((zone) => served.zone(zone)?.serial ?? null);
  const rows = await database.query<{ zone: string; lag: number }[]>(
    // The first change that is not in the memory; where the journal has lost it, the zone's last one.
    `SELECT z.name AS zone, extract(epoch FROM now() - coalesce(j.created_at, z.changed_at))::float8 AS lag
       FROM unnest($1::text[], $2::bigint[]) AS memory (zone, serial)
       JOIN zones z ON z.name = memory.zone AND z.serial <> memory.serial
       LEFT JOIN zone_journal j ON j.zone = memory.zone AND j.serial_from = memory.serial`,
    [zones, serials],
  );
  const behind = new Map(rows.map(({ zone, lag }) => [zone, Math.max(0, lag)]));
  return zones.map((zone) => ({ zone, lagSeconds: behind.get(zone) ?? 0 }));
}

/** @param server what this server is called, among those of the group */
export function observeFeed(lags: Awaited<ReturnType<typeof feedLags>>, server: string): Observation[] {
  return lags
    .filter(({ lagSeconds }) => lagSeconds >= LAG_SECONDS)
    .map(({ zone, lagSeconds }) => ({
      kind: 'zone.feed_lag',
      subject: { kind: 'zone', id: `${zone}@${server}`, name: zone },
      message: `The server ${server} serves ${zone} as it was ${Math.round(lagSeconds)} seconds ago: it does not get the changes that others make.`,
      data: { zone, server, lagSeconds: Math.round(lagSeconds) },
    }));
}
