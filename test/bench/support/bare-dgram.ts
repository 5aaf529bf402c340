import { createSocket } from 'node:dgram';

import { deviceAnswers } from './bench-zone.js';

/** The least that a Node process can do for a query: look the name up in a map of ready answers, and send that. */
const [port = '0', names = '1000', processes = '1'] = process.argv.slice(2);
const answers = deviceAnswers(Number(names));
const socket = createSocket({ type: 'udp4', reusePort: Number(processes) > 1 });
socket.on('message', (message, { port: clientPort, address }) => {
  let end = 12;
  while (message[end] !== 0) end += 1 + message[end]!;
  const ready = answers.get(message.toString('latin1', 12, end + 1));
  if (!ready) return;
  const answer = Buffer.from(ready);
  answer[0] = message[0]!;
  answer[1] = message[1]!;
  socket.send(answer, clientPort, address);
});
socket.bind(Number(port), '127.0.0.1', () => process.send?.('ready'));
