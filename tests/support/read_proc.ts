/**
 * What a program such as `ls` or `cat` says of a path in /proc, which Deno lets
 * us read only with every permission there is. Throws its words when it says
 * nothing; what vanishes while it is read is left out.
 */
export function readProc(program: "ls" | "cat", ...args: string[]): string {
  const { stdout, stderr } = new Deno.Command(program, { args }).outputSync();
  const decoder = new TextDecoder();
  if (stdout.length === 0) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout);
}
