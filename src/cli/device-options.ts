import { type Command, Option } from 'commander';

import { collect, parsePastTime } from './option-values.js';

const STATES = ['active', 'suspended'] as const;
const HEALTHS = ['ok', 'renewing', 'at-risk', 'expired', 'none', 'failing'] as const;

/** Options that say which devices. */
export interface DeviceOptions {
  readonly state?: (typeof STATES)[number];
  readonly health?: readonly string[];
  readonly group?: string;
  readonly zone?: string;
  readonly search?: string;
  readonly silentSince?: string;
  readonly seenSince?: string;
}

/** The same as the API has it. */
export interface DeviceFilter {
  state?: (typeof STATES)[number];
  health?: (typeof HEALTHS)[number][];
  group?: string;
  zone?: string;
  q?: string;
  lastSeenBefore?: string;
  lastSeenAfter?: string;
}

/** Adds them to a command. */
export function withDeviceOptions(command: Command): Command {
  return command
    .addOption(new Option('--state <state>', 'only those in this state').choices(STATES))
    .option(
      '--health <list>',
      `only those whose certificate is one of ${HEALTHS.join(', ')}; with commas, or repeated`,
      collectHealth,
    )
    .option('--group <group>', 'only those of this group')
    .option('--zone <zone>', 'only those of this zone')
    .option('--search <text>', 'part of the name, group, note or hardware id; or a whole address')
    .option('--silent-since <time>', 'only those that have not called since: a time, or 12h, 30d', (text) =>
      parsePastTime(text),
    )
    .option('--seen-since <time>', 'only those that have called since: a time, or 12h, 30d', (text) =>
      parsePastTime(text),
    );
}

export function deviceFilter(options: DeviceOptions): DeviceFilter {
  const { state, health, group, zone, search, silentSince, seenSince } = options;
  return {
    ...(state && { state }),
    ...(health && { health: [...health] as DeviceFilter['health'] & string[] }),
    ...(group !== undefined && { group }),
    ...(zone !== undefined && { zone }),
    ...(search !== undefined && { q: search }),
    ...(silentSince !== undefined && { lastSeenBefore: silentSince }),
    ...(seenSince !== undefined && { lastSeenAfter: seenSince }),
  };
}

function collectHealth(text: string, before: readonly string[] | undefined): string[] {
  return collect(text, before, HEALTHS);
}
