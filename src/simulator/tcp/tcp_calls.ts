import { openLibc } from "../../net/libc.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  accept4: {
    parameters: ["i32", "pointer", "pointer", "i32"],
    result: "i32",
  },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** The system calls of TCP, as the C library has them. */
export type TcpCalls = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Loads the C library's calls for TCP; undefined where it may not be loaded. */
export function loadTcpCalls(): TcpCalls | undefined {
  return openLibc(SYMBOLS);
}
