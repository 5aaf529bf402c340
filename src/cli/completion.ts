import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

const DETAILS = `
Examples:
  bash   $ source <(fleetcert completion bash)        # for ever: into ~/.bashrc
  zsh    $ source <(fleetcert completion zsh)         # for ever: into ~/.zshrc, after compinit
  fish   $ fleetcert completion fish | source         # for ever: >~/.config/fish/completions/fleetcert.fish`;

/** Adds `fleetcert completion SHELL`, and the hidden call that its script makes. After all other commands. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' });
  program.commands.find((command) => command.name() === 'completion')?.addHelpText('after', DETAILS);
}
