/** An element of an XML document; text and comments are left out. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
}

const COMMENT = /<!--(?:[^-]|-(?!-))*-->/y;
const DECLARATION = /<\?xml [^<>]*\?>/y;
const SPACE = /\s+/y;
const TEXT = /[^<&]+/y;
const NAME = /[A-Za-z_][\w.-]*/y;
const EQUALS = /\s*=\s*/y;
const VALUE = /"[^"<]*"|'[^'<]*'/y;
const ENTITY = /&(?:amp|lt|gt|quot|apos|#\d+|#x[\dA-Fa-f]+);/y;
const PLAIN = /^(?:[^&]|&(?:amp|lt|gt|quot|apos|#\d+|#x[\dA-Fa-f]+);)*$/;

/**
 * Reads the part of XML that configuration files use: no document type, no
 * CDATA, no namespaces. Throws SyntaxError, with the line, for anything that
 * is not well-formed or not of that part.
 */
export function readXml(source: string): XmlElement {
  const cursor = new Cursor(source);
  cursor.take(DECLARATION);
  skipMisc(cursor);
  const root = readElement(cursor);
  skipMisc(cursor);
  if (!cursor.isAtEnd) throw cursor.error("something after the root element");
  return root;
}

/** An element and all below it, in the order of the document. */
export function elementsOf(root: XmlElement): XmlElement[] {
  return [root, ...root.children.flatMap(elementsOf)];
}

function skipMisc(cursor: Cursor): void {
  while (cursor.take(SPACE) || cursor.take(COMMENT));
}

function readElement(cursor: Cursor): XmlElement {
  cursor.expect("<");
  const name = cursor.need(NAME, "an element's name");
  const attributes = readAttributes(cursor);
  if (cursor.has("/>")) return { name, attributes, children: [] };
  cursor.expect(">");
  const children: XmlElement[] = [];
  while (!cursor.has("</")) {
    if (cursor.isAtEnd) throw cursor.error(`no end of ${name}`);
    const isContent = cursor.take(COMMENT) || cursor.take(TEXT) ||
      cursor.take(ENTITY);
    if (!isContent) children.push(readElement(cursor));
  }
  const end = cursor.need(NAME, "an element's name");
  if (end !== name) throw cursor.error(`${name} is ended by ${end}`);
  cursor.take(SPACE);
  cursor.expect(">");
  return { name, attributes, children };
}

function readAttributes(cursor: Cursor): Record<string, string> {
  const attributes: Record<string, string> = {};
  while (cursor.take(SPACE)) {
    const name = cursor.take(NAME);
    if (!name) break;
    cursor.need(EQUALS, "=");
    const value = cursor.need(VALUE, "a value in quotes").slice(1, -1);
    if (!PLAIN.test(value)) throw cursor.error(`a bare & in ${name}`);
    if (Object.hasOwn(attributes, name)) throw cursor.error(`${name} twice`);
    attributes[name] = value;
  }
  return attributes;
}

class Cursor {
  #at = 0;
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#source.length;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  need(pattern: RegExp, what: string): string {
    const found = this.take(pattern);
    if (!found) throw this.error(`expected ${what}`);
    return found;
  }

  has(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.has(text)) throw this.error(`expected ${text}`);
  }

  error(problem: string): SyntaxError {
    const line = this.#source.slice(0, this.#at).split("\n").length;
    return new SyntaxError(`Cannot read XML: ${problem} in line ${line}`);
  }
}
