import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

/**
 * Unit tests stand beside the code they test (`*.test.ts` in src); tests that need a database, a CA,
 * sockets or a browser live under `test/`. Files run side by side, each on resources of its own.
 */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/{integration,e2e,browser}/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // Most of a test's time is waiting for others: two at once also where there are two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['default', './test/support/count-reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    setupFiles: ['test/support/fixed-seed.ts'],
    globalSetup: ['test/support/global-setup.ts'],
  },
});
