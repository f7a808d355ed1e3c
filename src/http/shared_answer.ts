/** Makes one answer for all who ask while it is made: however many they are, `make` runs once at a time. Main thread. */
export function shareAnswer<Answer>(
  make: () => Promise<Answer>,
): () => Promise<Answer> {
  let shared: Promise<Answer> | undefined;
  return () => shared ??= make().finally(() => shared = undefined);
}
