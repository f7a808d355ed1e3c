import { assembleWat } from "./assemble_wat.ts";

const SOURCE = new URL("../src/audio/convolve.wat", import.meta.url);
const TARGET = new URL("../src/audio/convolve_binary.ts", import.meta.url);

/** Assembles `src/audio/convolve.wat`; base64. Throws SyntaxError when that fails. */
export async function buildConvolve(): Promise<string> {
  return assembleWat(await Deno.readTextFile(SOURCE)).toBase64();
}

function render(base64: string): string {
  const lines = base64.match(/.{1,70}/g) ?? [];
  const literal = lines.map((line) => `  "${line}"`).join(" +\n");
  return `/** \`convolve.wat\`, assembled by \`tools/build_convolve.ts\`; not edited by hand. */
export const CONVOLVE_BINARY_BASE64: string =
  // deno-fmt-ignore
${literal};
`;
}

if (import.meta.main) {
  await Deno.writeTextFile(TARGET, render(await buildConvolve()));
}
