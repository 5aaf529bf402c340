import { Console, type Output } from '../../../src/cli/console.js';
import { runProgram } from '../../../src/cli/program.js';
import type { Environment } from '../../../src/platform/config/environment.js';

/** What a command has printed, and its exit code. */
export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Keeps what is written, as a pipe or as a terminal. */
export class KeptOutput implements Output {
  text = '';

  constructor(
    readonly isTTY = false,
    readonly columns: number | undefined = undefined,
    readonly rows: number | undefined = undefined,
  ) {}

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  once(): void {}
}

/** Runs `fleetcert WORDS` in this process. */
export async function fleetcert(
  words: readonly string[],
  environment: Environment,
  { terminal = false }: { readonly terminal?: boolean } = {},
): Promise<Finished> {
  const [out, err] = [new KeptOutput(terminal, 120), new KeptOutput(terminal, 120)];
  const code = await runProgram(words, new Console(environment, out, err));
  return { code, out: out.text, err: err.text };
}
