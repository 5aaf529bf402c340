/** The steps of a change of key, in their order. */
export const ROLLOVER_STEPS = ['begun', 'stored', 'changed', 'promoted'] as const;

export type RolloverStep = (typeof ROLLOVER_STEPS)[number];

/** Is told when a step is done. Tests kill the process there. */
export class RolloverProbe {
  reached(_step: RolloverStep): void {
    // Nobody listens in production.
  }
}
