/**
 * The shard of a call: a pure function of the call's id and of how many shards
 * there are (rendezvous hashing), so that every thread and every node gives
 * the same answer without a table, and when the count changes few calls move.
 * A shard that is not up is passed over in favour of the next in the call's own
 * order; when none is up, the call's first choice is returned. Throws RangeError
 * unless `shardCount` is a positive integer.
 */
export function placeCall(
  callId: string,
  shardCount: number,
  isUp: (shard: number) => boolean = () => true,
): number {
  if (!Number.isInteger(shardCount) || shardCount < 1) {
    throw new RangeError(
      `Cannot place a call: shard count must be a positive integer, got ${shardCount}`,
    );
  }
  const key = hashText(callId);
  let best = 0;
  let bestWeight = -1;
  let bestUp: number | undefined;
  let bestUpWeight = -1;
  for (let shard = 0; shard < shardCount; shard++) {
    const weight = mix(key ^ mix(shard + 1));
    if (weight > bestWeight) {
      best = shard;
      bestWeight = weight;
    }
    if (weight <= bestUpWeight || !isUp(shard)) continue;
    bestUp = shard;
    bestUpWeight = weight;
  }
  return bestUp ?? best;
}

/** FNV-1a over the UTF-16 units, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash;
}

/** The finalizer of MurmurHash3: every bit in changes half of the bits out. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
