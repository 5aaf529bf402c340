import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import type { PoolTags, ShareTags } from '../domain/planner/fair-shares.js';

type StoredShares = readonly (readonly [
  pool: string,
  virtualTime: number,
  finish: readonly (readonly [string, number])[],
])[];

/** What the planner keeps between its steps, of each CA; and the lock that lets one server plan at a time. */
@Injectable()
export class PlannerStore {
  /** Waits until no other server plans; until the transaction ends none will. */
  async lock(transaction: EntityManager, ca: string): Promise<ShareTags> {
    const rows: { shares: StoredShares }[] = await transaction.query(
      `INSERT INTO issuance_planner AS p (ca) VALUES ($1) ON CONFLICT (ca) DO UPDATE SET shares = p.shares RETURNING shares`,
      [ca],
    );
    return tagsOf(rows[0]?.shares ?? []);
  }

  async read(manager: EntityManager, ca: string): Promise<ShareTags> {
    const rows: { shares: StoredShares }[] = await manager.query(`SELECT shares FROM issuance_planner WHERE ca = $1`, [
      ca,
    ]);
    return tagsOf(rows[0]?.shares ?? []);
  }

  async write(transaction: EntityManager, ca: string, tags: ShareTags): Promise<void> {
    const shares: StoredShares = [...tags].map(([pool, { virtualTime, finish }]) => [pool, virtualTime, [...finish]]);
    await transaction.query(`UPDATE issuance_planner SET shares = $2::jsonb WHERE ca = $1`, [
      ca,
      JSON.stringify(shares),
    ]);
  }
}

function tagsOf(shares: StoredShares): ShareTags {
  return new Map(
    shares.map(([pool, virtualTime, finish]): [string, PoolTags] => [pool, { virtualTime, finish: new Map(finish) }]),
  );
}
