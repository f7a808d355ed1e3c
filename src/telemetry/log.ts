/** How important a line is, in rising order. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Facts of a line; personal data stands under `pii` and nowhere else. */
export type LogFields = {
  readonly [name: string]: unknown;
  readonly pii?: Record<string, unknown>;
};

/** Where a line goes: one JSON text without its line break. */
export type LogSink = (line: string) => void;

/** Writes one JSON line for each event. Any thread. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose every line also carries `fields`. */
  with(fields: LogFields): Log;
}

/** Settings of {@linkcode createLog}. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly sink: LogSink;
  /** Whether `pii` is written as it is; otherwise it is left out. */
  readonly showPii: boolean;
  readonly now?: () => Date;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Makes a log; an error among the fields is written as its name, message and causes. */
export function createLog(options: LogOptions, bound: LogFields = {}): Log {
  const now = options.now ?? (() => new Date());
  function write(level: LogLevel, message: string, fields?: LogFields) {
    if (RANK[level] < RANK[options.level]) return;
    const record: Record<string, unknown> = {
      time: now().toISOString(),
      level,
      message,
      ...bound,
      ...fields,
    };
    if (!options.showPii && "pii" in record) record.pii = "redacted";
    options.sink(serialize(record));
  }
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    with: (fields) => createLog(options, { ...bound, ...fields }),
  };
}

/** A log that writes nothing, for tests and benches. */
export const SILENT_LOG: Log = createLog({
  level: "error",
  sink: () => {},
  showPii: false,
});

function serialize(record: Record<string, unknown>): string {
  try {
    return JSON.stringify(record, plain);
  } catch (cause) {
    return JSON.stringify({
      time: record.time,
      level: record.level,
      message: record.message,
      unserializable: String(cause),
    });
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (!(value instanceof Error)) return value;
  const { name, message, cause } = value;
  return cause === undefined ? { name, message } : { name, message, cause };
}
