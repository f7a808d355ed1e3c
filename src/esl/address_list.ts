import { BlockList, isIP } from "node:net";

/** Addresses from which connections are taken. Any thread. */
export interface AddressList {
  /** Whether the address, written as the runtime reports it, is in the list. */
  includes(address: string): boolean;
}

/**
 * Reads a list of networks in CIDR notation, or single addresses, of IPv4 and
 * IPv6. Any thread. Throws TypeError for an entry that is neither. An IPv4
 * address inside IPv6 (`::ffff:192.0.2.1`) counts as IPv4.
 */
export function parseAddressList(entries: readonly string[]): AddressList {
  const list = new BlockList();
  for (const entry of entries) addEntry(list, entry);
  return {
    includes(address) {
      const plain = plainAddress(address);
      const version = isIP(plain);
      if (version === 0) return false;
      return list.check(plain, version === 4 ? "ipv4" : "ipv6");
    },
  };
}

/**
 * An address without what the socket layer adds to it: the IPv6 form of an
 * IPv4 address, the brackets, the zone. Any thread.
 */
export function plainAddress(address: string): string {
  const bare = address.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  return mapped === null ? bare : mapped[1];
}

function addEntry(list: BlockList, entry: string): void {
  const [address, prefix, ...rest] = entry.split("/");
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? longest : Number(prefix);
  const valid = version !== 0 && rest.length === 0 && bits <= longest &&
    (prefix === undefined || /^\d{1,3}$/.test(prefix));
  if (!valid) {
    throw new TypeError(
      `Cannot read an address list: an entry must be an address or a network like 10.0.0.0/8, got ${
        JSON.stringify(entry)
      }`,
    );
  }
  list.addSubnet(address, bits, version === 4 ? "ipv4" : "ipv6");
}
