import { Command } from 'commander';

/** A command with what all of ours have in common: no word that it does not know, and examples in its help. */
export function fleetCommand(name: string, description: string, examples: readonly string[] = []): Command {
  const command = new Command(name)
    .description(description)
    .allowExcessArguments(false)
    .showHelpAfterError('(--help tells more)');
  if (examples.length > 0) {
    command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
  }
  return command;
}
