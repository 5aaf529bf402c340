import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { SCRIPTS, type Shell } from '../../../src/cli/completion/shell-scripts.js';
import { PROJECT_ROOT } from '../../../src/platform/project-root.js';
import { describeWithPeers, program } from '../../support/peers.js';

let folder: string;

/** `fleetcert` from the sources, as a program on the PATH, and the scripts as files. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetcert-completion-'));
  const main = join(PROJECT_ROOT, 'src', 'cli', 'main.ts');
  const hook = pathToFileURL(join(PROJECT_ROOT, 'scripts', 'ts-hook.mjs')).href;
  writeFileSync(join(folder, 'fleetcert'), `#!/bin/sh\nexec '${process.execPath}' --import '${hook}' '${main}' "$@"\n`);
  chmodSync(join(folder, 'fleetcert'), 0o755);
  for (const [shell, script] of Object.entries(SCRIPTS)) writeFileSync(join(folder, `script.${shell}`), script);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a shell prints for the line in $LINE, a word a line. */
function offered(shell: Shell, options: readonly string[], test: string, line: string): string[] {
  const out = execFileSync(program(shell), [...options, '-c', test], {
    encoding: 'utf8',
    cwd: folder,
    env: {
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      SCRIPT: join(folder, `script.${shell}`),
      LINE: line,
      SPY: join(folder, 'spy'),
    },
  });
  return out.split('\n').filter((word) => word !== '');
}

const BASH_TEST = `
  source "$SCRIPT"
  read -r -a COMP_WORDS <<<"$LINE"
  [[ "$LINE" == *' ' ]] && COMP_WORDS+=('')
  COMP_LINE="$LINE" COMP_POINT=\${#LINE} COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
  call=$(complete -p fleetcert) && call=\${call##* -F } && call=\${call%% *}
  "$call" fleetcert "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
  printf '%s\\n' "\${COMPREPLY[@]}"`;

describeWithPeers(['bash'], 'completion in bash', () => {
  const inBash = (line: string): string[] => offered('bash', ['--norc', '--noprofile'], BASH_TEST, line);

  it('offers commands and the values of options', () => {
    expect(inBash('fleetcert devices s')).toEqual(['show', 'suspend']);
    expect(inBash('fleetcert devices list --state ')).toEqual(['active', 'suspended']);
  });

  it('evaluates nothing of what has been typed', () => {
    expect(inBash('fleetcert devices $(touch${IFS}$SPY) `touch${IFS}$SPY` ;touch${IFS}$SPY ')).toEqual([]);
    expect(existsSync(join(folder, 'spy'))).toBe(false);
  });
});

describeWithPeers(['zsh'], 'completion in zsh', () => {
  it('offers commands with what they mean', () => {
    const test = `
      compdef() { :; }
      _describe() { print -l -- \${(P)2}; }
      _files() { print files; }
      source "$SCRIPT"
      words=("\${(@s: :)LINE}")
      CURRENT=$#words
      _fleetcert`;
    expect(offered('zsh', ['-f'], test, 'fleetcert devices sho')).toEqual(['show:all there is to know of one device']);
  });
});

describeWithPeers(['fish'], 'completion in fish', () => {
  it('offers commands with what they mean', () => {
    const test = 'source $SCRIPT; complete -C "$LINE"';
    const words = offered('fish', ['--no-config'], test, 'fleetcert devices sho');
    expect(words).toEqual(['show\tall there is to know of one device']);
  });
});

it('there is a command that prints the script', () => {
  const out = execFileSync(join(folder, 'fleetcert'), ['completion', 'bash'], { encoding: 'utf8' });
  expect(out).toBe(`${SCRIPTS.bash}\n`);
});
