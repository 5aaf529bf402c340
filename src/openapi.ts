import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** `/openapi.json`, and a page to read it at `/docs`. */
export function openApi(app: NestExpressApplication): void {
  const description = new DocumentBuilder()
    .setTitle('fleetcert')
    .setDescription(
      'Names and publicly trusted certificates for devices on private addresses. Errors are problem documents (RFC 9457).',
    )
    .setVersion('1')
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, description);
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'openapi.json' });
}
