import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';

/** A loopback port that is free for TCP and for UDP at this moment. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const tcp = createServer();
    await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(0, address, resolve));
    const { port } = tcp.address() as AddressInfo;
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
