import type { Site } from "./site.ts";

/** Something that stands in a deploy's way, and what to do about it. */
export interface Problem {
  readonly what: string;
  readonly cure: string;
  /** Whether the deploy may go on all the same: it is said, no more. */
  readonly mayStand?: boolean;
}

/** A node that runs another release than the rest, and its share of the new calls. */
export interface Canary {
  readonly node: string;
  readonly percent: number;
}

/** Files by their path in a release's directory. */
export type Files = ReadonlyMap<string, string>;

/** What was rendered once, and where it stands. */
export interface Release {
  /** A hash of all files. */
  readonly id: string;
  readonly directory: string;
  readonly files: Files;
}

/** What every target is given. */
export interface DeployContext {
  readonly site: Site;
  /** The repository's root, without a slash at its end. */
  readonly root: string;
  /** The target's own directory, absolute. */
  readonly state: string;
  /** Parts that are wanted; undefined for all. Target local only. */
  readonly only?: ReadonlySet<string>;
  /** Aborted when the operator wants to stop. */
  readonly stop: AbortSignal;
  /** Reports progress. */
  readonly tell: (line: string) => void;
}

/** A way to run the nodes of a site. */
export interface Target {
  /** In the order in which they are replaced. */
  nodes(): Promise<readonly string[]>;
  /** Everything that stands in the way; nothing is changed. */
  check(): Promise<readonly Problem[]>;
  /** What is to stand in the release's directory; no secrets. Nothing is changed. */
  render(canary?: Canary): Promise<Files>;
  /** Brings what the nodes need: Redis, secrets, monitoring. True when something changed. */
  prepare(release: Release): Promise<boolean>;
  /** What must be equal for a node to be left alone. */
  version(node: string, release: Release): Promise<string>;
  /** Whether a node takes calls now. */
  isReady(node: string): Promise<boolean>;
  /** Drains a node and starts it from the release, without waiting until it is ready. */
  replace(node: string, release: Release): Promise<void>;
  /** Resolves when the node that was replaced takes calls; rejects with the reason when it will not. */
  untilReady(node: string, stop: AbortSignal): Promise<void>;
  /** The end of a node's log. */
  lastLines(node: string): Promise<readonly string[]>;
  /** Takes back the last `replace`. `release` is what the node ran before, if anything. */
  restore(node: string, release: Release | undefined): Promise<void>;
  /** Places a call through the node; says how it went, rejects when it went badly. */
  smoke(node: string): Promise<string>;
  /** After all nodes: takes away what the release no longer has. True when something changed. */
  finish(release: Release): Promise<boolean>;
  /** How to look at what runs. */
  hints(release: Release): readonly string[];
}
