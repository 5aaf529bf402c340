import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';

const GRACE_SECONDS = 8;

/** Lets running requests end, but not for ever: connections that are still open after the grace time are cut. */
export async function closeGracefully(app: NestExpressApplication): Promise<void> {
  const server = app.getHttpServer() as Server;
  const timer = setTimeout(() => server.closeAllConnections(), GRACE_SECONDS * 1000);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}
