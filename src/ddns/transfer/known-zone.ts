import { normalizeName } from '../../kernel/domain-name.js';
import { DomainError } from '../../kernel/errors.js';
import type { AppConfig } from '../../platform/config/app-config.js';

/** The normalized name of a zone of ours. @throws DomainError `unknown_zone` */
export function knownZone(config: Pick<AppConfig, 'dns'>, zone: string): string {
  const name = normalizeName(zone);
  if (config.dns.zones.includes(name)) return name;
  throw new DomainError(
    'unknown_zone',
    `${name} is not a zone of this server; it serves ${config.dns.zones.join(', ')}.`,
  );
}
