import { z } from "zod";

/** A number that a caller may be transferred to: it goes into a command of FreeSWITCH, and into a dialplan's expression. */
export const transferNumber = z.string().regex(
  /^[0-9A-Za-z*#+_.][0-9A-Za-z*#+_.-]{0,31}$/,
  "must be 1 to 32 of the characters 0-9 A-Z a-z * # + _ . -, and not begin with -",
);
