import type { Console } from './console.js';
import { CommandError, EXIT } from './exit-codes.js';
import { plainText } from './plain-text.js';

export interface ForEachOptions {
  readonly json?: boolean | undefined;
  /** What is said of one that it was done to: `is suspended`. */
  readonly done: string;
  /** What they are, in the plural. */
  readonly work: string;
}

/**
 * Does something to one after the other. One that is refused does not keep the others from it; a server that is away or
 * refuses the credential does.
 * @param act resolves to what `--json` prints of it
 * @throws CommandError when one or more were refused
 */
export async function forEach(
  subjects: readonly string[],
  { json, done, work }: ForEachOptions,
  console: Console,
  act: (subject: string) => Promise<unknown>,
): Promise<void> {
  const items: unknown[] = [];
  const refused: CommandError[] = [];
  for (const [index, subject] of subjects.entries()) {
    if (subjects.length > 1) console.progress(`${index} of ${subjects.length} ${work} …`);
    try {
      const item = await act(subject);
      items.push(item);
      console.endProgress();
      if (!json) console.print(`${plainText(subject)} ${done}`);
    } catch (error) {
      console.endProgress();
      if (!(error instanceof CommandError) || error.exitCode !== EXIT.failed) throw error;
      refused.push(error);
      if (subjects.length > 1) console.note(`${plainText(subject)}: ${error.message}`);
    }
  }
  if (json) console.json({ items });
  if (refused.length === 0) return;
  if (subjects.length === 1) throw refused[0]!;
  throw new CommandError(`${refused.length} of ${subjects.length} ${work} were refused.`);
}
