import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

import { beforeAll, expect, it } from 'vitest';

import { generatedFiles, type GeneratedFile } from '../../../scripts/openapi/files.js';
import { PROJECT_ROOT } from '../../../src/platform/project-root.js';

let files: readonly GeneratedFile[];

beforeAll(async () => {
  files = await generatedFiles();
});

it.each(['openapi.json', 'src/client/api-types.ts'])('%s is as the code has it', (path) => {
  const made = files.find((file) => relative(PROJECT_ROOT, file.path) === path)!;
  const isCurrent = readFileSync(made.path, 'utf8') === made.content;
  expect(isCurrent, `${path} is stale: run "npm run openapi" and commit what it writes`).toBe(true);
});
