import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Lies beside this code, in src/ and in dist/. */
const FOLDER = new URL('../assets/', import.meta.url);

const TYPES = {
  'dashboard.css': 'text/css; charset=utf-8',
  'live.js': 'text/javascript; charset=utf-8',
  'check.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

export type AssetName = keyof typeof TYPES;

export interface Asset {
  /** Holds a digest of the content, so that browsers may keep it for ever. */
  readonly path: string;
  readonly type: string;
  readonly content: Buffer;
}

function readAsset(name: AssetName): Asset {
  const content = readFileSync(fileURLToPath(new URL(name, FOLDER)));
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { path: `/assets/${name.replace('.', `.${digest}.`)}`, type: TYPES[name], content };
}

/** Everything that the pages load beside themselves, read once. */
export const ASSETS = Object.fromEntries(
  (Object.keys(TYPES) as AssetName[]).map((name) => [name, readAsset(name)]),
) as Readonly<Record<AssetName, Asset>>;
