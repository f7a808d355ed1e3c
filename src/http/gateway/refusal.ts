/** How a request that is none of ours is answered; the lines are further headers. */
export type Refusal = readonly [
  status: string,
  words: string,
  ...lines: readonly string[],
];

/** The whole answer, after which the connection is closed. */
export function writeRefusal([status, error, ...lines]: Refusal): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify({ error }));
  const head = [
    `HTTP/1.1 ${status}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Connection: close",
    ...lines,
    "\r\n",
  ];
  const bytes = new TextEncoder().encode(head.join("\r\n"));
  return Uint8Array.of(...bytes, ...body);
}
