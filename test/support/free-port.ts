import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections: one of those could be taken before the test listens. */
const [FIRST, LAST] = [10_240, 32_000];

/** A loopback port that is free for TCP and for UDP at this moment. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    const tcp = createServer();
    const isFreeForTcp = await new Promise<boolean>((resolve) => {
      tcp.once('error', () => resolve(false)).listen(port, address, () => resolve(true));
    });
    if (!isFreeForTcp) continue;
    const udp = createSocket('udp4');
    const isFree = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(port, address, () => resolve(true));
    });
    if (isFree) await new Promise<void>((resolve) => udp.close(() => resolve()));
    await new Promise((resolve) => tcp.close(resolve));
    if (isFree) return port;
  }
}
