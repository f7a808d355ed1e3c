/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Reads a Dockerfile's instructions, without comments. */
export function readDockerfile(text: string): Instruction[] {
  const joined = text.replace(/^#.*\n/gm, "").replace(/\\\n/g, " ");
  return joined.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const [, name, rest] = /^(\S+)\s+(.*)$/.exec(line.trim())!;
    return { name, rest };
  });
}

/** The words of an exec form; throws SyntaxError for the shell form. */
export function execForm(rest: string): string[] {
  return JSON.parse(rest.slice(rest.indexOf("[")));
}

/** Says whether a .dockerignore lets a path into the build: the last line that matches it decides. */
export function readDockerignore(text: string): (path: string) => boolean {
  const rules = text.split("\n").map((line) => line.trim()).filter((line) =>
    line !== "" && !line.startsWith("#")
  );
  return (path) => {
    let isIn = true;
    for (const rule of rules) {
      const pattern = rule.replace(/^!/, "");
      const matches = pattern === "*" || path === pattern ||
        path.startsWith(`${pattern}/`);
      if (matches) isIn = rule.startsWith("!");
    }
    return isIn;
  };
}
