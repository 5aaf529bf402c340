import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { NestExpressApplication } from '@nestjs/platform-express';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

import { PROJECT_ROOT } from './platform/project-root.js';

/** `/openapi.json`, and a page to read it at `/docs`: the committed description, which `npm run openapi` writes. */
export function openApi(app: NestExpressApplication): void {
  const document = JSON.parse(readFileSync(join(PROJECT_ROOT, 'openapi.json'), 'utf8')) as OpenAPIObject;
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'openapi.json', raw: ['json'] });
}
