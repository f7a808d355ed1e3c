import loadWabt from "wabt";

const FOLDER = new URL("../src/audio/", import.meta.url);
const FEATURES = {
  simd: true,
  relaxed_simd: true,
  bulk_memory: true,
  mutable_globals: false,
};

/** The modules in WebAssembly text under `src/audio/`: `resample` is `resample.wat`. */
export const WAT_NAMES = ["base64", "resample"];

/** Assembles a module of {@linkcode WAT_NAMES} and returns the TypeScript that carries it. Rejects with Error when its text is wrong. */
export async function renderWat(name: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(`${name}.wat`, FOLDER));
  const { parseWat } = await loadWabt();
  const module = parseWat(`${name}.wat`, text, FEATURES);
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  const lines = buffer.toBase64().match(/.{1,70}/g) ?? [];
  const literal = lines.map((line) => `  "${line}"`).join(" +\n");
  return `/** \`${name}.wat\`, assembled by \`tools/build_wat.ts\`; not edited by hand. */
export const ${name.toUpperCase()}_BINARY_BASE64: string =
  // deno-fmt-ignore
${literal};
`;
}

if (import.meta.main) {
  for (const name of WAT_NAMES) {
    const target = new URL(`${name}_binary.ts`, FOLDER);
    await Deno.writeTextFile(target, await renderWat(name));
  }
}
