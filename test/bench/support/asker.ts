import { createSocket } from 'node:dgram';

import { mustWireName } from '../../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../../src/ddns/domain/rr-type.js';
import { encodeMessage } from '../../../src/ddns/wire/rr-encoder.js';
import { deviceName } from './bench-zone.js';

/** What was asked since the last look. */
export interface Asked {
  /** Milliseconds from question to answer. */
  readonly times: readonly number[];
  /** Questions of more than two seconds ago that have no answer. */
  readonly lost: number;
}

/**
 * Asks a server for one name every so often, in a process of its own so that nothing else delays the clock. Each message
 * to it is answered with what became of all questions since the last one.
 */
const LOST_MILLISECONDS = 2_000;

const [port = '0', name = deviceName(1), pauseMilliseconds = '2'] = process.argv.slice(2);
const socket = createSocket('udp4');
const question = { name: mustWireName(name), type: TYPE.A, class: CLASS_IN };
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
}, Number(pauseMilliseconds));
process.on('message', () => {
  const before = performance.now() - LOST_MILLISECONDS;
  const unanswered = [...sent].filter(([, begin]) => begin < before);
  for (const [old] of unanswered) sent.delete(old);
  const asked: Asked = { times, lost: unanswered.length };
  process.send?.(asked);
  times = [];
});
process.send?.({ ready: true });
