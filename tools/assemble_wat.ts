/** An instruction's opcode, and what stands behind it in the binary. */
type Opcode = readonly [bytes: readonly number[], operand?: "local" | "label"];

/** A parsed list or word of the text. */
type Node = string | readonly Node[];

/** What an instruction of a function can refer to by name. */
interface Scope {
  readonly locals: readonly string[];
  /** Innermost last; an `if` without a name counts as well. */
  readonly labels: readonly string[];
}

const I32 = 0x7f;
const V128 = 0x7b;
const TYPES: Record<string, number> = { i32: I32, v128: V128 };
const VOID = 0x40;
const END = 0x0b;

/** The instructions of WebAssembly 2.0 that `src/audio/convolve.wat` uses. */
const OPCODES: Record<string, Opcode> = {
  "return": [[0x0f]],
  "br_if": [[0x0d], "label"],
  "local.get": [[0x20], "local"],
  "local.set": [[0x21], "local"],
  "i32.lt_u": [[0x49]],
  "i32.gt_s": [[0x4a]],
  "i32.le_s": [[0x4c]],
  "i32.add": [[0x6a]],
  "i32.sub": [[0x6b]],
  "i32.or": [[0x72]],
  "i32.shl": [[0x74]],
  "f32x4.add": [[0xfd, 0xe4, 0x01]],
  "f32x4.mul": [[0xfd, 0xe6, 0x01]],
};

/** Opcode and the alignment that is natural, as a power of two. */
const MEMORY_OPCODES: Record<string, readonly [number[], number]> = {
  "v128.load": [[0xfd, 0x00], 4],
  "v128.load32_splat": [[0xfd, 0x09], 2],
  "v128.store": [[0xfd, 0x0b], 4],
};

/**
 * Assembles the text of a module with one memory and one function, both
 * exported, whose instructions are nested: as much of the WebAssembly text
 * format as `convolve.wat` needs. Throws SyntaxError for anything else.
 */
export function assembleWat(text: string): Uint8Array {
  const [module] = parse(text);
  const memory = fields(module, "memory")[0];
  const func = fields(module, "func")[0];
  const params = variables(func, "param");
  const locals = variables(func, "local");
  const names = [...params, ...locals].map(({ name }) => name);
  const body = func.filter((node) => isInstruction(node))
    .flatMap((node) => emit(node, { locals: names, labels: [] }));
  const limits = memory.slice(2).map(Number);
  const types = params.map(({ type }) => type);
  const code = [...vector(runs(locals)), ...body, END];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, ...vector(types.map((t) => [t])), 0]])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[limits.length - 1, ...limits.flatMap(unsigned)]])),
    ...section(
      7,
      vector([[...exported(memory), 2, 0], [...exported(func), 0, 0]]),
    ),
    ...section(10, vector([[...unsigned(code.length), ...code]])),
  );
}

function emit(node: Node, scope: Scope): number[] {
  if (typeof node === "string") throw syntax(node);
  const [name, ...rest] = node;
  if (name === "if") return emitIf(rest, scope);
  if (name === "loop") {
    const [label, ...body] = rest;
    const inner = { ...scope, labels: [...scope.labels, String(label)] };
    return [0x03, VOID, ...body.flatMap((item) => emit(item, inner)), END];
  }
  if (name === "i32.const") return [0x41, ...signed(Number(rest[0]))];
  const words = rest.filter((item) => typeof item === "string");
  const operands = rest.filter((item) => typeof item !== "string")
    .flatMap((item) => emit(item, scope));
  return [...operands, ...operation(String(name), words, scope)];
}

function operation(name: string, words: string[], scope: Scope): number[] {
  const inMemory = MEMORY_OPCODES[name];
  if (inMemory !== undefined) {
    const offset = Number(words[0]?.replace("offset=", "") ?? 0);
    return [...inMemory[0], inMemory[1], ...unsigned(offset)];
  }
  const opcode = OPCODES[name];
  if (opcode === undefined) throw syntax(name);
  const [bytes, operand] = opcode;
  if (operand === undefined) return [...bytes];
  const index = operand === "local"
    ? scope.locals.indexOf(words[0])
    : scope.labels.toReversed().indexOf(words[0]);
  if (index < 0) throw syntax(words[0]);
  return [...bytes, ...unsigned(index)];
}

function emitIf(rest: readonly Node[], scope: Scope): number[] {
  const [condition, then] = rest;
  if (rest.length !== 2 || then[0] !== "then") throw syntax("if");
  const inner = { ...scope, labels: [...scope.labels, ""] };
  const body = then.slice(1) as readonly Node[];
  return [
    ...emit(condition, scope),
    ...[0x04, VOID],
    ...body.flatMap((item) => emit(item, inner)),
    END,
  ];
}

function isInstruction(node: Node): boolean {
  return typeof node !== "string" &&
    !["export", "param", "local"].includes(String(node[0]));
}

function fields(node: Node, name: string): readonly Node[][] {
  if (typeof node === "string") throw syntax(node);
  return node.filter((field) => typeof field !== "string" && field[0] === name)
    .map((field) => [...field]);
}

function variables(func: readonly Node[], kind: "param" | "local") {
  return fields(func, kind).map(([, name, type]) => {
    const code = TYPES[String(type)];
    if (code === undefined) throw syntax(String(type));
    return { name: String(name), type: code };
  });
}

/** Neighbours of the same type are declared together. */
function runs(locals: readonly { type: number }[]): number[][] {
  const counted: [number, number][] = [];
  for (const { type } of locals) {
    const last = counted.at(-1);
    if (last?.[1] === type) last[0]++;
    else counted.push([1, type]);
  }
  return counted.map(([count, type]) => [...unsigned(count), type]);
}

function exported(field: readonly Node[]): number[] {
  const [[, quoted]] = fields(field, "export");
  const name = new TextEncoder().encode(String(quoted).slice(1, -1));
  return [...unsigned(name.length), ...name];
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function unsigned(value: number): number[] {
  return value < 0x80
    ? [value]
    : [value & 0x7f | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40
    ? [value & 0x7f]
    : [value & 0x7f | 0x80, ...signed(value >> 7)];
}

function parse(text: string): readonly Node[] {
  const stack: Node[][] = [[]];
  const code = text.replaceAll(/;;.*$/gm, "");
  for (const [token] of code.matchAll(/[()]|"[^"]*"|[^\s()"]+/g)) {
    if (token === "(") stack.push([]);
    else if (token !== ")") stack.at(-1)!.push(token);
    else {
      const list = stack.pop()!;
      if (stack.length === 0) throw syntax(token);
      stack.at(-1)!.push(list);
    }
  }
  if (stack.length !== 1) throw syntax("end of text");
  return stack[0];
}

function syntax(at: string): SyntaxError {
  return new SyntaxError(`Cannot assemble: unexpected ${at}`);
}
