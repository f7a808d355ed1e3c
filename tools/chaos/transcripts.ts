import { exactly, type Finding } from "./finding.ts";
import { forgetful } from "./history.ts";
import type { Stage } from "./stage.ts";

/** What was said within so long before a crash may be lost with it: it is written soon, and not at once. */
const UNWRITTEN_MS = 1000;

/** Whether what was said before a crash is known after it. */
export async function transcriptFindings(
  stage: Stage,
  crashMs: number,
): Promise<Finding[]> {
  const sessions = await stage.model.sessions();
  return [
    exactly(
      "new sessions without the history",
      forgetful(sessions, crashMs - UNWRITTEN_MS),
      0,
    ),
  ];
}
