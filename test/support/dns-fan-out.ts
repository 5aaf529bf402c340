import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/** How long a server is waited for that does not answer: it may be dead. */
const PATIENCE_MILLISECONDS = 300;
const HEADER_OCTETS = 12;

/** One DNS address for several servers, some of which may be dead. */
export interface DnsFanOut {
  readonly port: number;
  close(): Promise<void>;
}

interface Question {
  readonly from: RemoteInfo;
  readonly id: number;
  best: Buffer | undefined;
  answers: number;
  timer: NodeJS.Timeout;
}

/**
 * Asks all servers by UDP and passes on the first answer that holds a record; when none does, the last one. So a record
 * is found that one server has published and the others have not heard of yet, as by a CA that tries another server.
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
    if (!question.best) return;
    question.best.writeUInt16BE(question.id, 0);
    front.send(question.best, question.from.port, question.from.address, ignore);
  };
  front.on('message', (message, from) => {
    if (message.length < HEADER_OCTETS) return;
    const id = (nextId = (nextId + 1) & 0xffff);
    finish(id);
    const timer = setTimeout(() => finish(id), PATIENCE_MILLISECONDS);
    questions.set(id, { from, id: message.readUInt16BE(0), best: undefined, answers: 0, timer });
    message.writeUInt16BE(id, 0);
    for (const port of ports) back.send(message, port, '127.0.0.1', ignore);
  });
  back.on('message', (message) => {
    if (message.length < HEADER_OCTETS) return;
    const id = message.readUInt16BE(0);
    const question = questions.get(id);
    if (!question) return;
    question.best = message;
    question.answers += 1;
    if (message.readUInt16BE(6) > 0 || question.answers === ports.length) finish(id);
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
