/** Waits for all, also when one has failed: nothing of a transaction may still be under way when it is over. */
export async function allSettled<Promises extends readonly Promise<unknown>[] | []>(promises: Promises) {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return Promise.all(promises);
}
