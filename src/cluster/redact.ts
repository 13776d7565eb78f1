// Keeps secrets out of messages: the API server repeats values that it refuses.

type Json = Readonly<Record<string, unknown>>;

const SECRET_FIELD = /^(password|token)$/i;
const SECRET_MAP = /^(data|stringData)$/;

/**
 * Collects the strings of a request's body that nobody may read in a message: values of a Secret, plain and decoded, and
 * fields that are called password.
 *
 * @param isSecret the request is about Secrets, which a patch does not say
 */
export function collectSecrets(body: unknown, isSecret: boolean): readonly string[] {
  const found = new Set<string>();
  visit(body, isSecret || (isObject(body) && body['kind'] === 'Secret'), found);
  return [...found].filter((text) => text !== '').sort((a, b) => b.length - a.length);
}

/** Replaces every occurrence, as it is or escaped within quotes. A secret of one or two letters counts in quotes only. */
export function redact(message: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => {
    const escaped = JSON.stringify(secret);
    const whole = text.replaceAll(escaped, '"***"');
    return secret.length < 3 ? whole : whole.replaceAll(secret, '***').replaceAll(escaped.slice(1, -1), '***');
  }, message);
}

function visit(value: unknown, isSecret: boolean, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, isSecret, found);
  } else if (isObject(value)) {
    visitFields(value, isSecret, found);
  }
}

function visitFields(value: Json, isSecret: boolean, found: Set<string>): void {
  const { op, path } = value;
  if (typeof op === 'string' && typeof path === 'string') {
    // An operation of a JSON patch.
    const [, first = '', ...rest] = path.split('/');
    visitField(isSecret && SECRET_MAP.test(first) ? first : (rest.at(-1) ?? first), value['value'], isSecret, found);
    return;
  }
  for (const [key, child] of Object.entries(value)) visitField(key, child, isSecret, found);
}

function visitField(key: string, value: unknown, isSecret: boolean, found: Set<string>): void {
  const holds = SECRET_FIELD.test(key) ? typeof value === 'string' : isSecret && SECRET_MAP.test(key);
  if (holds) collect(value, found);
  else visit(value, isSecret, found);
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    found.add(value);
    found.add(decode(value));
  } else if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) collect(child, found);
  }
}

function decode(text: string): string {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString() : '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
