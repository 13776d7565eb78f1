// The two verdicts that must agree: the offline check's, and the API server's with strict field validation.

import { parseSource, type JsonObject, type SourceObject } from '../../../src/parse/source.ts';
import { identify } from '../../../src/validate/identity.ts';
import { createValidator } from '../../../src/validate/validate.ts';
import { toJson, type ApiAnswer, type ApiClient } from './api-client.ts';

/** What a judge says about one resource. */
export interface Verdict {
  readonly valid: boolean;
  /** Why not, for the report of a difference. */
  readonly reasons: readonly string[];
}

/** Judges a value as if it stood in a file. */
export function judgeOffline(value: object, namespace: string, earlier?: object): Verdict {
  const object = { file: 'f', value: value as JsonObject, text: undefined, positionOf: () => ({ line: 1, column: 1 }) };
  const before = earlier as JsonObject | undefined;
  const options = before ? { earlier: new Map([[identify(before, namespace), before]]) } : {};
  return judgeObjects([object], { namespace, ...options });
}

/** Judges a text as the command does. */
export function judgeText(text: string, namespace: string): Verdict {
  const { objects, problems } = parseSource('f', new TextEncoder().encode(text));
  if (problems.length > 0) return { valid: false, reasons: problems.map(({ message }) => message) };
  return judgeObjects(objects, { namespace });
}

function judgeObjects(objects: readonly SourceObject[], options: Parameters<typeof createValidator>[0]): Verdict {
  const check = createValidator(options);
  const problems = objects.flatMap((object) => check(object).problems);
  const reasons = problems
    .filter(({ severity }) => severity === 'error')
    .map(({ path, rule, message }) => `${path}: ${message} (${rule})`);
  return { valid: reasons.length === 0, reasons };
}

/** The collection of a namespace's MySQL resources. */
export function collectionPath(namespace: string): string {
  return `/apis/otus.homework/v1/namespaces/${namespace}/mysqls`;
}

const DRY_RUN = 'dryRun=All&fieldValidation=Strict';

/** Asks the API server what it would say to a new resource. */
export async function judgeCreate(api: ApiClient, namespace: string, value: object): Promise<Verdict> {
  return readVerdict(await api.send('POST', `${collectionPath(namespace)}?${DRY_RUN}`, toJson(value)));
}

/** Asks the API server what it would say to a change of a resource that exists. */
export async function judgeUpdate(api: ApiClient, path: string, value: object): Promise<Verdict> {
  return readVerdict(await api.send('PUT', `${path}?${DRY_RUN}`, toJson(value)));
}

/**
 * Reads a verdict from an answer.
 *
 * @throws Error for an answer that is about something else than the object
 */
function readVerdict({ code, body }: ApiAnswer): Verdict {
  if (code === 200 || code === 201) return { valid: true, reasons: [] };
  const message = String(body['message']);
  if (![400, 413, 422].includes(code)) throw new Error(`unexpected answer ${String(code)}: ${message}`);
  return { valid: false, reasons: [message] };
}
