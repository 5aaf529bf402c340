import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Pool } from 'pg';

/**
 * The least that a Node process and PostgreSQL can do for a durable change: read the JSON, write one row in one statement,
 * answer. The table `bare_devices (id, addresses, changed_at)` is there; a token is an id.
 */
const [url = ''] = process.argv.slice(2);
const pool = new Pool({ connectionString: url });
const UPDATE = {
  name: 'update',
  text: 'UPDATE bare_devices SET addresses = $2, changed_at = now() WHERE id = $1',
};
async function change(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = (request.headers.authorization ?? '').slice('Bearer '.length);
  const { addresses } = JSON.parse(await text(request)) as { addresses: string[] };
  await pool.query({ ...UPDATE, values: [id, addresses] });
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ name: id, addresses, changed: true }));
}

const server = createServer((request, response) => void change(request, response));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) process.send?.(`http://127.0.0.1:${address.port}`);
});
