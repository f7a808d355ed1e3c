import { openLibc } from "./libc.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** The system calls of TCP connections, as the C library has them. */
export type TcpLibc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Loads them; undefined where {@linkcode openLibc} is. */
export function loadTcpLibc(): TcpLibc | undefined {
  return openLibc(SYMBOLS);
}
