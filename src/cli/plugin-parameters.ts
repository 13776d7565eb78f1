// The parameters that Argo CD hands to a plugin. Source: Argo CD's ApplicationSourcePluginParameter.

import { isObject } from '../parse/source.ts';
import type { Parameter } from '../validate/parameters.ts';

/** The variable that holds them. */
export const PARAMETERS = 'ARGOCD_APP_PARAMETERS';
const VALUES = ['string', 'array', 'map'] as const;
/** What each of them must hold. */
const FORMS: Readonly<
  Record<(typeof VALUES)[number], readonly [(value: unknown) => value is Parameter['value'], string]>
> = { string: [isText, 'a text'], array: [isTexts, 'a list of texts'], map: [isMap, 'a map of texts'] };

/** Parameters, or what is wrong with them, one line each. */
export interface PluginParameters {
  readonly parameters: readonly Parameter[];
  readonly errors: readonly string[];
}

/**
 * Reads the parameters of an application.
 *
 * @param text JSON; missing, empty and `null` when the application sets none
 */
export function parsePluginParameters(text: string | undefined): PluginParameters {
  const parameters: Parameter[] = [];
  const errors: string[] = [];
  const read = readJson(text);
  if (!Array.isArray(read)) return { parameters, errors: [`${PARAMETERS} must be a JSON list`] };
  read.forEach((entry: unknown, index) => {
    const found = readEntry(entry, `${PARAMETERS}[${String(index)}]`);
    if (typeof found === 'string') errors.push(found);
    else if (found) parameters.push(found);
  });
  return { parameters, errors };
}

function readJson(text = ''): unknown {
  if (text.trim() === '') return [];
  try {
    return JSON.parse(text) ?? [];
  } catch {
    return undefined;
  }
}

/** Gives a reason for what is no parameter, and undefined for one without a value. */
function readEntry(entry: unknown, place: string): Parameter | string | undefined {
  if (!isObject(entry)) return `${place} must be an object`;
  const { name } = entry;
  if (typeof name !== 'string' || name === '') return `${place} has no name`;
  const given = VALUES.filter((key) => entry[key] !== undefined && entry[key] !== null);
  if (given.length > 1) return `parameter "${name}" has more than one of ${VALUES.join(', ')}`;
  const [key] = given;
  if (key === undefined) return undefined;
  const value = entry[key];
  const [isRight, wanted] = FORMS[key];
  return isRight(value) ? { name, value } : `parameter "${name}" must be ${wanted}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isMap(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every(isText);
}
