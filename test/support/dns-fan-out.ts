import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/** How long the others are waited for when one has no such challenge: they may be dead. */
const PATIENCE_MILLISECONDS = 300;
/** A question that nobody answers is forgotten. */
const FORGOTTEN_MILLISECONDS = 10_000;
const HEADER_OCTETS = 12;

/** One DNS address for several servers, some of which may be dead. */
export interface DnsFanOut {
  readonly port: number;
  close(): Promise<void>;
}

interface Question {
  readonly from: RemoteInfo;
  readonly id: number;
  answers: number;
  last: Buffer | undefined;
  timer: NodeJS.Timeout;
  /** A record that one server may have published already, and the others not. */
  readonly isChallenge: boolean;
}

/**
 * Asks all servers by UDP and passes on the first answer; of a challenge's the first that holds a record, and when none
 * does, the last one. So a record is found that one server has published and the others have not heard of yet.
 */
export async function startDnsFanOut(ports: readonly number[]): Promise<DnsFanOut> {
  const front = createSocket('udp4');
  const back = createSocket('udp4');
  const questions = new Map<number, Question>();
  let nextId = 0;

  const finish = (id: number): void => {
    const question = questions.get(id);
    if (!question) return;
    questions.delete(id);
    clearTimeout(question.timer);
    if (!question.last) return;
    question.last.writeUInt16BE(question.id, 0);
    front.send(question.last, question.from.port, question.from.address, ignore);
  };
  front.on('message', (message, from) => {
    if (message.length < HEADER_OCTETS) return;
    const id = (nextId = (nextId + 1) & 0xffff);
    finish(id);
    const timer = setTimeout(() => finish(id), FORGOTTEN_MILLISECONDS);
    const isChallenge = message.toString('latin1').toLowerCase().includes('_acme-challenge');
    questions.set(id, { from, id: message.readUInt16BE(0), last: undefined, answers: 0, timer, isChallenge });
    message.writeUInt16BE(id, 0);
    for (const port of ports) back.send(message, port, '127.0.0.1', ignore);
  });
  back.on('message', (message) => {
    const question = message.length < HEADER_OCTETS ? undefined : questions.get(message.readUInt16BE(0));
    if (!question) return;
    const id = message.readUInt16BE(0);
    question.last = message;
    question.answers += 1;
    const isFound = message.readUInt16BE(6) > 0 || !question.isChallenge;
    if (isFound || question.answers === ports.length) finish(id);
    else if (question.answers === 1) {
      clearTimeout(question.timer);
      question.timer = setTimeout(() => finish(id), PATIENCE_MILLISECONDS);
    }
  });
  await Promise.all([front, back].map((socket) => bound(socket)));
  return {
    port: front.address().port,
    close: async () => {
      for (const { timer } of questions.values()) clearTimeout(timer);
      await Promise.all([front, back].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
}

/** A port that nobody listens on is what this is for. */
function ignore(): void {}

function bound(socket: Socket): Promise<void> {
  socket.on('error', ignore);
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
}
