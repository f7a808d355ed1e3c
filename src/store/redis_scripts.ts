/**
 * What is done to a call's record in one step. KEYS[1] is `session:{id}`; where a
 * stream or the set of live calls takes part they are KEYS[2] and KEYS[3]. Time is
 * Redis' own, so that no node's clock matters. A record has one owner, by name
 * and epoch; a write of any other is refused with 0.
 */

const NOW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`;

/**
 * Whether the record is another owner's. One that is gone is anybody's; one that a
 * sweeper has claimed is still its last owner's, who only could not renew it.
 */
const FOREIGN = `
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner and (redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[2]
  or (owner ~= ARGV[1] and string.sub(owner, 1, 8) ~= 'sweeper/')) then
  return 0
end
`;

/** Whether it has ended: of a call that lives, its sweeper says so. */
const ENDED = `
if redis.call('HGET', KEYS[1], 'status') == 'ended' then return 2 end
`;

/** ARGV: owner, lease in ms, expiry in s, node, least epoch. Returns the epoch, and the fields that the owner before has left. */
export const TAKE = `${NOW}
local status = redis.call('HGET', KEYS[1], 'status')
local epoch = (tonumber(redis.call('HGET', KEYS[1], 'epoch') or '') or 0) + 1
epoch = math.max(epoch, tonumber(ARGV[5]))
local earlier = {}
if status == 'active' or status == 'parted' then
  earlier = redis.call('HGETALL', KEYS[1])
else
  redis.call('DEL', KEYS[1])
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'epoch', epoch, 'status', 'active',
  'node', ARGV[4], 'leaseUntil', now + ARGV[2])
redis.call('HDEL', KEYS[1], 'ended')
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {epoch, earlier}
`;

/** ARGV: owner, epoch, lease in ms, expiry in s, node, then fields and values. Renews the lease. Returns 2 for a call that was swept, 3 when the record has no fields. */
export const SAVE = `${NOW}${FOREIGN}${ENDED}
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'epoch', ARGV[2], 'status', 'active',
  'node', ARGV[5], 'leaseUntil', now + ARGV[3], unpack(ARGV, 6))
redis.call('EXPIRE', KEYS[1], ARGV[4])
return redis.call('HEXISTS', KEYS[1], 'version') == 1 and 1 or 3
`;

/** ARGV: owner, epoch, grace in ms, expiry in s, node, then fields and values, the last of them 'ended' and its event. */
export const PART = `${NOW}${FOREIGN}${ENDED}
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'epoch', ARGV[2], 'status', 'parted',
  'node', ARGV[5], 'leaseUntil', now + ARGV[3], unpack(ARGV, 6))
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
`;

/** What is left of a record that has ended: enough that a repeated end is known, for longer where the owner may only have been cut off. */
const BURY = `
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'epoch', ARGV[2], 'status', 'ended')
redis.call('EXPIRE', KEYS[1], string.sub(ARGV[1], 1, 8) == 'sweeper/' and 3600 or 60)
`;

/** ARGV: owner, epoch. Returns 1 once, 2 when it was done before. */
export const FINISH = `${FOREIGN}${ENDED}${BURY}
return 1
`;

/** ARGV: owner, epoch, stream's length, call, then the event's fields and values. Ends the call and says so in one step; needs all keys on one server. */
export const FINISH_AND_TELL = `${FOREIGN}${ENDED}${BURY}
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 5))
redis.call('ZREM', KEYS[3], ARGV[4])
return 1
`;

/**
 * ARGV: sweeper, claim in ms. Claims a record whose lease is over, so that no other
 * sweeper has it meanwhile. Returns 0 when it is gone or has ended, -1 when it
 * lives, else its epoch, its node and the event that is to end it.
 */
export const CLAIM = `${NOW}
local status = redis.call('HGET', KEYS[1], 'status')
if not status or status == 'ended' then return 0 end
local lease = tonumber(redis.call('HGET', KEYS[1], 'leaseUntil') or '') or 0
if now < lease then return -1 end
redis.call('HSET', KEYS[1], 'leaseUntil', now + ARGV[2], 'owner', ARGV[1])
return {redis.call('HGET', KEYS[1], 'epoch') or '1',
  redis.call('HGET', KEYS[1], 'node') or '', redis.call('HGET', KEYS[1], 'ended') or ''}
`;

/** KEYS[1] is the set of live calls. ARGV: lease in ms, call. Sets when the call is to be looked at. */
export const TOUCH = `${NOW}
return redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2])
`;

/** KEYS[1] is the set of live calls. ARGV: how many at most. Returns those that are to be looked at. */
export const DUE = `${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
`;

/** KEYS[1] is a day's costs, by process. ARGV: process, what it has spent, expiry in s. Returns the sum of all, as text. */
export const SPENT = `
if tonumber(ARGV[2]) > 0 then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
local sum = 0
for _, cny in ipairs(redis.call('HVALS', KEYS[1])) do
  sum = sum + (tonumber(cny) or 0)
end
return string.format('%.17g', sum)
`;
