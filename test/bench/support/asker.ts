import { createSocket } from 'node:dgram';

import { mustWireName } from '../../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../../src/ddns/domain/rr-type.js';
import { encodeMessage } from '../../../src/ddns/wire/rr-encoder.js';
import { deviceName } from './bench-zone.js';

/**
 * Asks a server some hundred times a second, in a process of its own so that nothing else delays the clock. Each message
 * to it is answered with the milliseconds from question to answer of all questions since the last one.
 */
const PAUSE_MILLISECONDS = 2;

const [port = '0'] = process.argv.slice(2);
const socket = createSocket('udp4');
const question = { name: mustWireName(deviceName(1)), type: TYPE.A, class: CLASS_IN };
const query = encodeMessage({ id: 0, flags: 0, questions: [question] });
const sent = new Map<number, number>();
let times: number[] = [];
let id = 0;
socket.on('message', (answer) => {
  const begin = sent.get(answer.readUInt16BE(0));
  if (begin !== undefined) times.push(performance.now() - begin);
  sent.delete(answer.readUInt16BE(0));
});
setInterval(() => {
  id = (id + 1) & 0xffff;
  query.writeUInt16BE(id, 0);
  sent.set(id, performance.now());
  socket.send(Buffer.from(query), Number(port), '127.0.0.1');
}, PAUSE_MILLISECONDS);
process.on('message', () => {
  process.send?.(times);
  times = [];
});
process.send?.({ ready: true });
