import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { Expected, type Parser } from './parsers.js';

/** Names and values, as in process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** sysexits.h EX_CONFIG. */
export const EXIT_CONFIGURATION = 78;

/** Every wrong variable, one sentence each; never the value of a secret. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** The process's environment over a `.env` file in the working directory, when there is one. */
export function readEnvironment(processEnvironment: Environment, workingDirectory: string): Environment {
  try {
    return { ...parseEnv(readFileSync(join(workingDirectory, '.env'), 'utf8')), ...processEnvironment };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return processEnvironment;
    throw new ConfigurationError([`.env: it is there, but cannot be read (${(error as Error).message})`]);
  }
}

/** Reads variables, and collects what is wrong with them, so that all of it is told at once. */
export class EnvironmentReader {
  readonly problems: string[] = [];

  constructor(private readonly environment: Environment) {}

  /** The parsed value; undefined when unset or empty, and when it is wrong (then a problem is noted). */
  optional<T>(name: string, parse: Parser<T>, kind: 'plain' | 'secret' = 'plain'): T | undefined {
    const text = this.environment[name]?.trim();
    if (!text) return undefined;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof Expected)) throw error;
      this.problems.push(
        `${name}: expected ${error.message}${kind === 'plain' ? `; got ${JSON.stringify(shorten(withoutUserInfo(text)))}` : ''}`,
      );
      return undefined;
    }
  }

  /** Like `optional`, with a default for an unset variable. */
  withDefault<T>(name: string, parse: Parser<T>, fallback: T): T {
    return this.optional(name, parse) ?? fallback;
  }

  isSet(name: string): boolean {
    return Boolean(this.environment[name]?.trim());
  }

  /** Notes that a variable is missing, unless it was set (and perhaps wrong, which is noted already). */
  require(name: string, why: string): void {
    if (!this.isSet(name)) this.problems.push(`${name}: ${why}`);
  }
}

/** A password in a URL is a secret wherever it stands. */
function withoutUserInfo(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//…@');
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
