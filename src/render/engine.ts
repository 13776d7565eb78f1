// The template engine: Handlebars on its own, with compiled templates and three helpers. Strict: a name that the model
// lacks is an error.

import Handlebars from 'handlebars/runtime.js';
import { partials, scripts, templates } from './templates.generated.js';
import { block, literal, quote } from './yaml-block.ts';

/** Renders the template of a name. */
export type Engine = (template: string, context: object) => string;

/** Compiled templates besides those of the resource's own manifests. */
export interface MoreTemplates {
  readonly templates: Readonly<Record<string, object>>;
  readonly partials: Readonly<Record<string, object>>;
}

/** Makes an engine that shares nothing with any other user of Handlebars. */
export function createEngine(more: MoreTemplates = { templates: {}, partials: {} }): Engine {
  const handlebars = Handlebars.create();
  // The engine prepares every helper anew for each object; templates know no other than these.
  for (const name of Object.keys(handlebars.helpers)) if (name !== 'if') handlebars.unregisterHelper(name);
  const indented = { mysqld: literal(scripts.mysqld, 4), 'start-guard': literal(scripts['start-guard'], 4) };
  handlebars.registerHelper({
    quote: (value: unknown) => quote(value),
    block: (value: unknown, indent: number) => block(value, indent),
    literal: (value: string, indent: number) => literal(value, indent),
    // The same for every resource, so indented once.
    script: (name: keyof typeof scripts) => indented[name],
  });
  const compiled = new Map<string, Handlebars.TemplateDelegate>();
  for (const [name, partial] of Object.entries({ ...partials, ...more.partials })) {
    handlebars.registerPartial(name, handlebars.template(partial));
  }
  return (template, context) => {
    let render = compiled.get(template);
    if (!render) {
      const source = more.templates[template] ?? templates[template];
      if (!source) throw new RangeError(`there is no template ${template}`);
      compiled.set(template, (render = handlebars.template(source)));
    }
    return render(context);
  };
}
