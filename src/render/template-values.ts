// How compiled templates are called, and what they call besides the functions that write YAML. Strict: a name that the
// context lacks is an error.

/** Compiled templates, by name. */
export type Templates = Readonly<Record<string, (context: object) => string>>;

/** Renders the template of a name. */
export function renderTemplate(templates: Templates, name: string, context: object): string {
  const render = templates[name];
  if (!render) throw new RangeError(`there is no template ${name}`);
  return render(context);
}

/**
 * Writes a number or a text that needs no quotes.
 *
 * @throws RangeError for everything else; a template has named something that the context does not have
 */
export function print(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'string') return String(value);
  throw new RangeError(`a template prints ${String(value)}`);
}

/** A condition, as Handlebars takes it: an empty list counts as not given. */
export function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
