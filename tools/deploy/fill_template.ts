/**
 * Replaces each `${NAME}` in capitals. Throws Error for a name that has no
 * value. `$host` and `${lower}` belong to the file's own language.
 */
export function fillTemplate(
  text: string,
  values: Readonly<Record<string, string>>,
): string {
  return text.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    throw new Error(
      `Cannot fill a template: \${${name}} has no value; set it under placeholders in the site`,
    );
  });
}
