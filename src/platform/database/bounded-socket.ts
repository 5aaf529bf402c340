import { Socket } from 'node:net';

/**
 * A socket that ends when nothing has come or gone for `idleSeconds`. A network that swallows packets shows no error:
 * without this, a query on such a connection waits until TCP gives up, some 15 minutes later. The bound has to be
 * longer than the longest statement may take.
 */
export function boundedSocket(idleSeconds: number): Socket {
  const socket = new Socket();
  socket.setTimeout(idleSeconds * 1000, () => {
    socket.destroy(Object.assign(new Error(`PostgreSQL did not answer for ${idleSeconds} s`), { code: 'ETIMEDOUT' }));
  });
  return socket;
}
