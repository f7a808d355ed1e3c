/**
 * The flags with which the task `start` runs the server: its permissions and
 * V8's settings, as they stand in the text of deno.json. Any thread. Throws
 * TypeError when the task does not run `main.ts` by `deno run`.
 */
export function startFlags(denoJson: string): string[] {
  const task: unknown = JSON.parse(denoJson).tasks?.start;
  const words = typeof task === "string" ? task.trim().split(/\s+/) : [];
  const isRun = words[0] === "deno" && words[1] === "run";
  if (!isRun || words.at(-1) !== "main.ts") {
    throw new TypeError(
      `Cannot start the server as its task does: the task must be "deno run … main.ts", got ${
        JSON.stringify(task)
      }`,
    );
  }
  return words.slice(2, -1);
}
