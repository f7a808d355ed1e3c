/** Linux's number of the IPv4 address family. */
export const AF_INET = 2;
/** Length of `struct sockaddr_in`. */
export const ADDRESS_BYTES = 16;

/** Writes `struct sockaddr_in`. Any thread. Throws RangeError unless `host` is an IPv4 address. */
export function socketAddress(host: string, port = 0): Uint8Array<ArrayBuffer> {
  const bytes = host.split(".").map(Number);
  const fits = (byte: number) =>
    Number.isInteger(byte) && byte >= 0 && byte <= 255;
  if (bytes.length !== 4 || !bytes.every(fits)) {
    throw new RangeError(
      `Cannot use a host: it must be an IPv4 address, got ${host}`,
    );
  }
  const address = new Uint8Array(ADDRESS_BYTES);
  const fields = new DataView(address.buffer);
  fields.setUint16(0, AF_INET, true);
  fields.setUint16(2, port);
  address.set(bytes, 4);
  return address;
}

/** The port in a `struct sockaddr_in`. Any thread. */
export function portOf(address: Uint8Array): number {
  return address[2] << 8 | address[3];
}
