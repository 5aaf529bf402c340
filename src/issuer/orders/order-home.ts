import type { EntityManager } from 'typeorm';

import type { CaList } from '../accounts/ca-list.js';

/** Where an order begins; null and null where there is but one CA. */
export interface FirstPlace {
  readonly ca: string | null;
  readonly why: 'rehearsal' | string | null;
}

/**
 * The CA of the device's certificate, where it is still configured: there the renewal is exempt by `replaces`, which no
 * other CA takes. Else the first one.
 */
export function homeOf(certificateCa: string | null, list: CaList): string {
  const known = list.production.some(({ directoryUrl }) => directoryUrl === certificateCa);
  return known ? certificateCa! : list.first.directoryUrl;
}

/** The same in SQL, of a row `c` with `home_url`: `urls` is the parameter of the configured CAs, `first` of the first. */
export function HOME(urls: string, first: string): string {
  return `coalesce(CASE WHEN c.home_url = ANY (${urls}::text[]) THEN c.home_url END, ${first}::text)`;
}

/**
 * Where an order of the device begins: at its own CA; after an order that failed there, at that CA's staging first, so
 * that the CA's limit of failed validations is not spent on what is not mended yet.
 */
export async function firstPlace(
  transaction: EntityManager,
  list: CaList,
  deviceId: string,
  { failed }: { readonly failed: boolean },
): Promise<FirstPlace> {
  if (!list.hasSeveral) return { ca: null, why: null };
  const rows: { home_url: string }[] = await transaction.query(
    `SELECT a.directory_url AS home_url FROM certificates c JOIN acme_accounts a ON a.id = c.account_id
      WHERE c.device_id = $1 AND c.revoked_at IS NULL ORDER BY c.created_at DESC LIMIT 1`,
    [deviceId],
  );
  const home = homeOf(rows[0]?.home_url ?? null, list);
  const staging = failed ? list.stagingOf(home) : undefined;
  return staging ? { ca: staging.directoryUrl, why: 'rehearsal' } : { ca: home, why: null };
}
