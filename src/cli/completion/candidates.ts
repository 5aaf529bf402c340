import type { Argument, Command, Option } from 'commander';

/** A word that may stand where the cursor is. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/**
 * What may come next on a command line, by the commands' own definitions.
 * @param words of the line without the program's name; the last one is being typed, and may be empty
 * @returns none where anything may stand (a name, a number, a file)
 */
export function candidates(program: Command, words: readonly string[]): Candidate[] {
  const typed = words.at(-1) ?? '';
  const { command, position, pending } = walk(program, words.slice(0, -1));
  return possible(command, position, pending, typed).filter(({ word }) => word.startsWith(typed));
}

interface Place {
  readonly command: Command;
  /** How many arguments of the command stand before the cursor. */
  readonly position: number;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
}

function walk(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, position: 0, pending: undefined };
  for (const word of words) place = step(place, word);
  return place;
}

function step({ command, position, pending }: Place, word: string): Place {
  if (pending && (pending.required || !word.startsWith('-'))) return { command, position, pending: undefined };
  if (word.startsWith('-')) {
    const option = optionsOf(command).find(({ long, short }) => word === long || word === short);
    return { command, position, pending: option && (option.required || option.optional) ? option : undefined };
  }
  const below = position === 0 ? commandsOf(command).find((one) => one.name() === word) : undefined;
  if (below) return { command: below, position: 0, pending: undefined };
  return { command, position: position + 1, pending: undefined };
}

function possible(command: Command, position: number, pending: Option | undefined, typed: string): Candidate[] {
  if (pending?.required) return choicesOf(pending);
  if (typed.startsWith('-')) {
    return optionsOf(command).map(({ long, short, description }) => ({ word: long ?? short ?? '', description }));
  }
  const commands = position === 0 ? commandsOf(command) : [];
  const argument = command.registeredArguments[position] ?? variadicOf(command);
  return [
    ...(pending ? choicesOf(pending) : []),
    ...commands.map((one) => ({ word: one.name(), description: one.description() })),
    ...(argument ? choicesOf(argument) : []),
  ];
}

function optionsOf(command: Command): Option[] {
  return command.createHelp().visibleOptions(command);
}

function commandsOf(command: Command): Command[] {
  return command.createHelp().visibleCommands(command);
}

function variadicOf(command: Command): Argument | undefined {
  const last = command.registeredArguments.at(-1);
  return last?.variadic ? last : undefined;
}

function choicesOf({ argChoices }: { readonly argChoices?: readonly string[] }): Candidate[] {
  return (argChoices ?? []).map((word) => ({ word, description: '' }));
}
