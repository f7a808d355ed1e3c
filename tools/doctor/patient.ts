import type { Config } from "../../src/config/config.ts";
import type { DoctorOptions } from "./options.ts";

/** What the checks look at. */
export interface Patient {
  readonly options: DoctorOptions;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Missing when the settings cannot be used. */
  readonly config?: Config;
  /** The flags of the task `start`. */
  readonly startFlags: readonly string[];
}
