/** What the caller contributed. */
export type Turn =
  | {
    readonly type: "speech";
    /** Empty where the mode has no use for them. */
    readonly samples: Int16Array;
    readonly durationMs: number;
  }
  | { readonly type: "text"; readonly text: string };
