import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Ends a run with one plain line: `N passed, N failed, N skipped`. A file that could not be loaded counts as failed.
 * Before it stand the tests that passed at their second go only, with what failed first: each is a fault to be found.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') counts[state] += 1;
        if (test.diagnostic()?.flaky) process.stdout.write(`\n${describeUnsteady(test)}\n`);
      }
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    }
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
}

function describeUnsteady(test: TestCase): string {
  const causes = test.result().errors?.map(({ stack, message }) => stack ?? message) ?? [];
  return [`passed at the second go only: ${test.module.relativeModuleId} > ${test.fullName}`, ...causes].join('\n');
}
