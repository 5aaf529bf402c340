import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const SCRIPT = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** WCAG 2.2 up to AA, and axe's best practices. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Colours alone, or all but them: what a second look at the same page in another scheme or size has to tell. */
export type AxePart = 'all' | 'colours' | 'all-but-colours';

const COLOURS = 'color-contrast';

function optionsFor(part: AxePart): object {
  if (part === 'colours') return { runOnly: { type: 'rule', values: [COLOURS] } };
  return { runOnly: RULES, ...(part === 'all-but-colours' && { rules: { [COLOURS]: { enabled: false } } }) };
}

/** What axe-core finds wrong with the page as it is shown, one line a fault. */
export async function accessibilityFaults(page: Page, part: AxePart = 'all'): Promise<string[]> {
  // Evaluated by the debugger: the page's own policy would refuse it as a script, and stays as it is.
  await page.evaluate(await readFile(SCRIPT, 'utf8'));
  const results = (await page.evaluate(`axe.run(document, ${JSON.stringify(optionsFor(part))})`)) as AxeResults;
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}
