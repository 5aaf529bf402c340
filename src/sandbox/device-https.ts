import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const PREFERRED_PORT = 8443;

/** The HTTPS service of a demo device: serves with the key and chain that the agent installed. */
export class DeviceHttps {
  private server: Server | undefined;

  constructor(
    private readonly name: string,
    private readonly address: string,
    private readonly stateDirectory: string,
  ) {}

  /** Starts, or takes the newest certificate in; resolves to the port, or undefined while there is no certificate. */
  async refresh(): Promise<number | undefined> {
    const live = join(this.stateDirectory, 'live');
    if (!existsSync(join(live, 'fullchain.pem'))) return undefined;
    const pair = { key: readFileSync(join(live, 'privkey.pem')), cert: readFileSync(join(live, 'fullchain.pem')) };
    if (this.server) {
      this.server.setSecureContext(pair);
      return (this.server.address() as AddressInfo).port;
    }
    const server = createServer(pair, (_request, response) => {
      response.setHeader('Content-Type', 'text/plain; charset=utf-8');
      response.end(`Hello from ${this.name}, on the private address ${this.address}.\n`);
    });
    await listen(server, this.address, PREFERRED_PORT).catch(() => listen(server, this.address, 0));
    this.server = server;
    return (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
