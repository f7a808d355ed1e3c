/** Waits for an event, at most `timeoutMs`; any thread. */
export async function settledWithin(
  timeoutMs: number,
  event: PromiseWithResolvers<void>,
): Promise<void> {
  const timer = setTimeout(event.resolve, timeoutMs);
  await event.promise;
  clearTimeout(timer);
}
