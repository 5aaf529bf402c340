import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json and agent/: found upwards, because the code runs from src/ and from dist/src/. */
export const PROJECT_ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'agent'))) return folder;
  const parent = dirname(folder);
  if (parent === folder)
    throw new Error('fleetcert runs from a complete checkout or image: package.json and agent/ were not found.');
  return findRoot(parent);
}
