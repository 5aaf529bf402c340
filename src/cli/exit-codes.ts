/** Exit codes of every command, as sysexits.h has them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 64,
  unavailable: 69,
  later: 75,
  refused: 77,
  configuration: 78,
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    failed, or something is wrong (doctor, plan)
  64   wrong usage
  69   the server cannot be reached
  75   not now: trying again later may help
  77   the server refuses the credential, or its role
  78   wrong configuration
  130  interrupted`;

/** A command cannot do what was asked. The message is a sentence for a person. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}
