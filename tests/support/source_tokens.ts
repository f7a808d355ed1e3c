/** A piece of TypeScript that matters for finding statements; comments and regular expressions are left out. */
export type SourceToken = {
  readonly type: "word" | "string" | "sign";
  /** The word, the string's content without its quotes, or one character. */
  readonly text: string;
};

type Piece = {
  readonly token?: SourceToken;
  readonly end: number;
};

const WORD = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\d[\w.]*/y;
const STRING = /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y;
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const SPACE_OR_COMMENT = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[^]|\$(?!\{))*/y;

/** Words after which a slash begins a regular expression, not a division. */
const BEFORE_REGEXP = new Set(
  "return typeof case in of do else void delete throw new instanceof await yield"
    .split(" "),
);

/**
 * Splits TypeScript into tokens. A template without substitutions is a string;
 * of another one only the substitutions' tokens are kept. Throws SyntaxError
 * for text in which a string, a template or a comment does not end.
 */
export function tokenize(source: string): SourceToken[] {
  // One loop, because templates and braces share their state.
  const tokens: SourceToken[] = [];
  // Depths of braces at which a template's substitution ends.
  const substitutions: number[] = [];
  let depth = 0;
  let at = 0;
  while (at < source.length) {
    at = skip(SPACE_OR_COMMENT, source, at);
    if (at >= source.length) break;
    const character = source[at];
    const resumes = character === "}" && substitutions.at(-1) === depth;
    if (character === "`" || resumes) {
      const text = skip(TEMPLATE_TEXT, source, at + 1);
      const opens = source.startsWith("${", text);
      if (!opens && source[text] !== "`") throw unfinished("template", at);
      if (resumes) substitutions.pop();
      else if (!opens) {
        tokens.push({ type: "string", text: source.slice(at + 1, text) });
      }
      if (opens) substitutions.push(depth);
      at = text + (opens ? 2 : 1);
      continue;
    }
    if (character === "{") depth++;
    if (character === "}") depth--;
    const piece = read(source, at, tokens.at(-1));
    if (piece.token) tokens.push(piece.token);
    at = piece.end;
  }
  return tokens;
}

function read(source: string, at: number, previous?: SourceToken): Piece {
  const character = source[at];
  if (character === '"' || character === "'") {
    const end = skip(STRING, source, at);
    if (end === at) throw unfinished("string", at);
    const text = source.slice(at + 1, end - 1);
    return { token: { type: "string", text }, end };
  }
  if (character === "/") {
    if (source[at + 1] === "*") throw unfinished("comment", at);
    const end = beginsRegExp(previous) ? skip(REGEXP, source, at) : at;
    // What follows a regular expression is no operand, like after a word.
    if (end > at) return { token: { type: "word", text: "/…/" }, end };
  }
  for (const pattern of [WORD, NUMBER]) {
    const end = skip(pattern, source, at);
    if (end > at) {
      return { token: { type: "word", text: source.slice(at, end) }, end };
    }
  }
  return { token: { type: "sign", text: character }, end: at + 1 };
}

function beginsRegExp(previous?: SourceToken): boolean {
  if (previous === undefined) return true;
  if (previous.type === "string") return false;
  if (previous.type === "word") return BEFORE_REGEXP.has(previous.text);
  return !")]}".includes(previous.text);
}

function skip(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : at;
}

function unfinished(what: string, at: number): SyntaxError {
  return new SyntaxError(`Cannot read: the ${what} at ${at} does not end`);
}
