import type { Codec } from "./call_options.ts";

/** RTP payload types as the recorded calls used them. */
export const PAYLOAD_TYPES: Record<Codec["name"], number> = {
  PCMU: 0,
  PCMA: 8,
  G722: 9,
  opus: 111,
};

/** A codec as FreeSWITCH's variables name it, e.g. `PCMA@8000h@20i`. */
export function codecSpec(codec: Codec): string {
  return `${codec.name}@${codec.rateHz}h@${codec.frameMs}i`;
}

/** The session description that the caller offered. */
export function callerSdp(codec: Codec): string {
  return sdp({
    owner: "user1 53655765 2353687637",
    name: "-",
    port: 6500,
    codec,
  });
}

/** The session description that FreeSWITCH answered with. */
export function ownSdp(codec: Codec, port: number): string {
  const owner = "FreeSWITCH 1795364652 1795364653";
  return `${sdp({ owner, name: "FreeSWITCH", port, codec })}a=sendrecv\r\n`;
}

function sdp(
  { owner, name, port, codec }: {
    owner: string;
    name: string;
    port: number;
    codec: Codec;
  },
): string {
  const payload = PAYLOAD_TYPES[codec.name];
  // G.722 names 8000 for historical reasons (RFC 3551, 4.5.2).
  const rate = codec.name === "G722" ? 8000 : codec.rateHz;
  const channels = codec.name === "opus" ? "/2" : "";
  return [
    "v=0",
    `o=${owner} IN IP4 127.0.0.1`,
    `s=${name}`,
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    `m=audio ${port} RTP/AVP ${payload}`,
    `a=rtpmap:${payload} ${codec.name}/${rate}${channels}`,
    `a=ptime:${codec.frameMs}`,
    "",
  ].join("\r\n");
}
