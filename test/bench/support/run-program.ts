import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { mustWireName } from '../../../src/ddns/domain/name.js';
import { CLASS_IN, TYPE } from '../../../src/ddns/domain/rr-type.js';
import { encodeMessage } from '../../../src/ddns/wire/rr-encoder.js';
import { program } from '../../support/peers.js';

const START_SECONDS = 120;

/** A peer's server in the foreground; what it prints is kept for the case that it ends. */
export function runProgram(name: string, args: readonly string[]): ChildProcess & { printed: string } {
  const child = Object.assign(spawn(program(name), args, { stdio: ['ignore', 'pipe', 'pipe'] }), { printed: '' });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (octets: Buffer) => (child.printed = (child.printed + octets.toString()).slice(-4000)));
  }
  return child;
}

export async function endProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(impatience);
}

/** Asks until the name has an address. @throws Error when the process ends before, or takes too long. */
export async function waitForAnswer(
  port: number,
  name: string,
  child: { readonly exitCode: number | null; readonly printed?: string },
  pauseMilliseconds = 20,
): Promise<void> {
  const deadline = performance.now() + START_SECONDS * 1000;
  while (!(await hasAddress(port, name))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`no answer for ${name} on port ${port}: ${child.printed ?? ''}`);
    }
    await sleep(pauseMilliseconds);
  }
}

function hasAddress(port: number, name: string): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), 500);
    // A refused port is an answer, too: nobody is there yet.
    socket.once('error', () => resolve(false));
    socket.once('message', (answer) => {
      clearTimeout(timer);
      resolve((answer[3]! & 15) === 0 && answer.readUInt16BE(6) > 0);
    });
    const questions = [{ name: mustWireName(name), type: TYPE.A, class: CLASS_IN }];
    socket.connect(port, '127.0.0.1', () => socket.send(encodeMessage({ id: 1, flags: 0, questions })));
  }).finally(() => socket.close());
}
