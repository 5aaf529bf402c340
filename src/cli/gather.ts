import type { Console } from './console.js';

const TOLD_EVERY = 1000;

/**
 * The first of what pages deliver, all when there is no limit.
 * @param what in the plural, for the line that tells how far it is
 */
export async function gather<Item>(
  items: AsyncIterable<Item>,
  limit: number | undefined,
  what: string,
  console: Console,
): Promise<Item[]> {
  const gathered: Item[] = [];
  try {
    for await (const item of items) {
      gathered.push(item);
      if (gathered.length === limit) break;
      if (gathered.length % TOLD_EVERY === 0) console.progress(`${gathered.length.toLocaleString('en')} ${what} …`);
    }
  } finally {
    console.endProgress();
  }
  return gathered;
}
