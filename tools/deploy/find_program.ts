/** Where Debian keeps servers, which a user's PATH may lack. */
const MORE = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** The path of a program; undefined when it is not installed. */
export async function findProgram(name: string): Promise<string | undefined> {
  const path = (Deno.env.get("PATH") ?? "").split(":").filter((each) => each);
  for (const directory of [...path, ...MORE]) {
    const file = `${directory}/${name}`;
    const found = await Deno.stat(file).catch(() => undefined);
    if (found?.isFile) return file;
  }
}
