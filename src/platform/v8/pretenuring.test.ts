import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

const MODULE = new URL('pretenuring.ts', import.meta.url).href;

/** Many objects of one place in the code live for long; then V8 compiles it. @returns whether it makes old objects now. */
async function makesOldObjects(first: string): Promise<boolean> {
  const program = `
    ${first}
    const make = (i) => ({ i, list: [i, i + 1] });
    %PrepareFunctionForOptimization(make);
    const kept = [];
    for (let i = 0; i < 1e6; i += 1) kept.push(make(i));
    %OptimizeFunctionOnNextCall(make);
    console.log(%InYoungGeneration(make(0)) ? 'young' : 'old');`;
  // Compiled when the program says so, not when a thread beside gets to it.
  const options = ['--allow-natives-syntax', '--no-use-osr', '--no-concurrent-recompilation', '--no-maglev'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...options,
    '--input-type=module',
    '--eval',
    program,
  ]);
  return stdout === 'old\n';
}

describe('where most objects of a place in the code have lived for long', () => {
  it('V8 makes more of them among the old', async () => {
    expect(await makesOldObjects('')).toBe(true);
  });

  it('they are made among the young all the same', async () => {
    expect(await makesOldObjects(`import { keepNewObjectsYoung } from '${MODULE}'; keepNewObjectsYoung();`)).toBe(
      false,
    );
  });
});
