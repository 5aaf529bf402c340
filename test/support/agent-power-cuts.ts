import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AgentApi } from './agent-api.js';
import type { AgentDevice } from './agent-device.js';
import { AGENT, addProgram } from './agent-shell.js';

/** The programs that change something outside the agent's process: files, or the server's mind. */
const CHANGING = ['cp', 'curl', 'dd', 'ln', 'mkdir', 'mv', 'openssl', 'rm', 'rmdir', 'sync'];

/** A moment right before a call of a program that changes something. */
export interface PowerCut {
  /** Which call it was, from 1. */
  readonly step: number;
  /** Brings the device's folder and the API to what they were at that moment. */
  readonly restore: () => void;
}

export interface RecordedRun {
  readonly exitCode: number | null;
  /** Calls of programs that change something. */
  readonly steps: number;
  /** One for every state of device and API that a power cut before one of these calls could leave behind. */
  readonly cuts: readonly PowerCut[];
  remove(): void;
}

/**
 * Runs the agent once and keeps, right before its every call of a program that changes something, what a power cut there
 * would leave: the device's folder and the API. The lock file names a process that has ended by the time of `restore`,
 * as after a power cut. One run for all moments, because ending a run of its own at each costs the runs before it; and
 * moments that left nothing different, octet by octet, from an earlier one are one, because what follows is the same.
 */
export async function recordPowerCuts(
  device: AgentDevice,
  api: AgentApi,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RecordedRun> {
  const records = mkdtempSync(join(tmpdir(), 'agent-power-cuts-'));
  const [tools, copies, count] = [join(records, 'tools'), join(records, 'copies'), join(records, 'steps')];
  mkdirSync(copies);
  for (const tool of CHANGING) {
    addProgram(
      tools,
      tool,
      // Of openssl's calls two write a file; the others only look.
      `PATH=\${PATH#*:}
      case ${tool}:$1 in openssl:genpkey | openssl:req) ;; openssl:*) exec openssl "$@" ;; esac
      printf x >>"$STEPS"
      cp -a "$FOLDER" "$COPIES/$(($(wc -c <"$STEPS") + 0))"
      exec ${tool} "$@"`,
    );
  }
  const stepsSoFar = (): number => (existsSync(count) ? statSync(count).size : 0);

  // The API changes by requests alone: what it was before a request, it was at every step since the request before.
  const apiStates: { readonly untilStep: number; readonly restore: () => void }[] = [];
  api.beforeRequest = () => apiStates.push({ untilStep: stepsSoFar(), restore: keep(api) });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    const [file, ...rest] = [...device.shell.command, AGENT, ...argv, '--state', device.state];
    const places = { STEPS: count, COPIES: copies, FOLDER: device.folder };
    const child = spawn(file!, rest, {
      env: { PATH: `${tools}:${device.shell.path}`, ...places, ...environment },
      stdio: 'ignore',
    });
    child.once('error', reject);
    child.once('close', resolve);
  });
  api.beforeRequest = undefined;
  apiStates.push({ untilStep: Number.POSITIVE_INFINITY, restore: keep(api) });

  const cuts = new Map<string, PowerCut>();
  const steps = stepsSoFar();
  for (let step = 1; step <= steps; step++) {
    const copy = join(copies, String(step));
    const apiState = apiStates.findIndex(({ untilStep }) => step <= untilStep);
    const mark = `${apiState} ${fingerprint(copy)}`;
    if (cuts.has(mark)) continue;
    const restore = (): void => {
      rmSync(device.folder, { recursive: true, force: true });
      cpSync(copy, device.folder, { recursive: true, verbatimSymlinks: true });
      apiStates[apiState]!.restore();
    };
    cuts.set(mark, { step, restore });
  }
  return {
    exitCode,
    steps,
    cuts: [...cuts.values()],
    remove: () => rmSync(records, { recursive: true, force: true }),
  };
}

/** What brings the API back to now, its time and the requests that it has seen included. */
function keep(api: AgentApi): () => void {
  const restore = api.snapshot();
  const { offsetMilliseconds } = api;
  const requests = [...api.requests];
  return () => {
    restore();
    api.offsetMilliseconds = offsetMilliseconds;
    api.requests.push(...requests);
  };
}

/** Names, kinds, permissions and contents of all that is in a folder. */
function fingerprint(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(folder, name);
    const entry = lstatSync(path);
    const content = entry.isSymbolicLink() ? readlinkSync(path) : entry.isFile() ? readFileSync(path, 'base64') : '';
    hash.update(JSON.stringify([name, entry.mode, content]));
  }
  return hash.digest('base64');
}
