import { Argument, type Command } from 'commander';

import type { Console } from '../console.js';
import { fleetCommand } from '../fleet-command.js';
import { candidates } from './candidates.js';
import { SCRIPTS, type Shell, SHELLS } from './shell-scripts.js';

const DETAILS = `
Examples:
  bash   $ source <(fleetcert completion bash)        # for ever: into ~/.bashrc
  zsh    $ source <(fleetcert completion zsh)         # for ever: into ~/.zshrc, after compinit
  fish   $ fleetcert completion fish | source         # for ever: >~/.config/fish/completions/fleetcert.fish`;

/** Adds `fleetcert completion SHELL`, and the hidden call that its script makes at each Tab. */
export function addCompletion(program: Command, console: Console): void {
  program.addCommand(
    fleetCommand('completion', 'print what makes a shell complete this command')
      .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
      .addHelpText('after', DETAILS)
      .action((shell: Shell) => console.print(SCRIPTS[shell])),
  );
  program.addCommand(
    fleetCommand('complete', 'say what may come next')
      .argument('[words...]', 'of the command line; the last one is being typed')
      .action((words: string[]) => {
        for (const { word, description } of candidates(program, words)) console.out.write(`${word}\t${description}\n`);
      }),
    { hidden: true },
  );
}
