import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

import { PROJECT_ROOT } from '../../src/platform/project-root.js';
import { generatedFiles } from './files.js';

/** `npm run openapi`: writes openapi.json and the client's types anew. */
for (const { path, content } of await generatedFiles()) {
  writeFileSync(path, content);
  console.log(`${relative(PROJECT_ROOT, path)}: ${content.length} characters`);
}
