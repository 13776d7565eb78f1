// Makes a random spec keep to the CRD's CEL rules, by taking away what breaks them. It may take away too much, never too
// little; what it lets through and the rules refuse is no error of the rules.

type Json = Record<string, unknown>;

/**
 * Gives a spec that keeps to the rules which look at more than one field.
 *
 * @param raw a spec that keeps to the schema
 * @param which 0 to 3: inline password or not, short storage spelling or not
 */
export function repairSpec(raw: Json, which: number): Json {
  const spec = structuredClone(raw);
  chooseOne(spec, which % 2 === 0, ['password', 'otus-Password "1"'], ['passwordSecretRef', { name: 'a', key: 'b' }]);
  chooseOne(spec, which < 2, ['storage_size', '1Gi'], ['storage', { size: '2Gi' }]);
  for (const field of ['storage', 'backup']) repairVolume(spec[field] as Json | undefined, `/data/${field}`);
  repairTexts(spec);
  repairResources(spec['resources'] as Record<string, Json> | undefined);
  repairConfig(spec);
  repairService(spec['service'] as Json | undefined);
  repairNetworkPolicy(spec['networkPolicy'] as { from?: Json[] } | undefined);
  const keyed = spec as Record<string, Json[] | undefined>;
  keyed['tolerations']?.forEach(repairToleration);
  for (const [field, keys] of KEYED_LISTS) {
    if (keyed[field]) keyed[field] = uniqueBy(keyed[field], keys);
  }
  for (const spread of keyed['topologySpreadConstraints'] ?? []) {
    if (spread['whenUnsatisfiable'] !== 'DoNotSchedule') delete spread['minDomains'];
  }
  visitObjects(spec, repairExpression);
  return spec;
}

const KEYED_LISTS: readonly (readonly [string, readonly string[]])[] = [
  ['imagePullSecrets', ['name']],
  ['topologySpreadConstraints', ['topologyKey', 'whenUnsatisfiable']],
];

function chooseOne(spec: Json, first: boolean, a: readonly [string, unknown], b: readonly [string, unknown]): void {
  const [[wanted, fallback], [other]] = first ? [a, b] : [b, a];
  Reflect.deleteProperty(spec, other);
  spec[wanted] ??= fallback;
}

function isPositive(size: unknown): boolean {
  return /[1-9]/.test(String(size).replace(/[eE][+-]?[0-9]+$/, '')) && !/[ETP]i?$|e\+?[0-9]{2}$/i.test(String(size));
}

function repairVolume(volume: Json | undefined, path: string): void {
  if (!volume) return;
  if (volume['size'] !== undefined && !isPositive(volume['size'])) volume['size'] = '1Gi';
  if (volume['hostPath'] === undefined) return;
  delete volume['className'];
  volume['hostPath'] = `${path}${volume['hostPath'] as string}`;
}

function repairTexts(spec: Json): void {
  if (spec['storage_size'] !== undefined && !isPositive(spec['storage_size'])) spec['storage_size'] = '1Gi';
  if (typeof spec['password'] === 'string') spec['password'] = spec['password'].replace(/[\p{Cc}'\\]/gu, '-');
  const whole = String(spec['database']).replaceAll('$', '').trim();
  const database = /^[0-9A-Za-z_]*$/.test(whole) ? whole : whole.slice(0, 51).trim();
  spec['database'] = /^(mysql|sys|information_schema|performance_schema)?$/i.test(database) ? 'shop' : database;
}

function repairResources(resources: Record<string, Json> | undefined): void {
  for (const key of Object.keys(resources?.['requests'] ?? {})) {
    if (resources?.['limits'] && key in resources['limits']) resources['requests'] = { [key]: 0 };
  }
}

function repairConfig(spec: Json): void {
  if (spec['config'] === undefined) return;
  const reserved =
    /^(loose_)?(port|user|tmp|init|help|sock|upgr|pid|bas|da|bind|chr|off|ver|val|plugin|secure|super|skip|u|s|p|v|l|i|h|b|o|t|c)/;
  const kept = Object.entries(spec['config'] as Json).filter(([key]) => KNOWN_OPTIONS.has(key) || !reserved.test(key));
  spec['config'] = Object.fromEntries(kept);
}

const KNOWN_OPTIONS = new Set([
  'character_set_server',
  'innodb_buffer_pool_size',
  'init_connect',
  'lower_case_table_names',
  'sql_mode',
]);

function repairService(service: Json | undefined): void {
  const ranges = service?.['loadBalancerSourceRanges'] as string[] | undefined;
  if (!service || !ranges) return;
  if (service['type'] === 'LoadBalancer') service['loadBalancerSourceRanges'] = ranges.map(plainNetwork);
  else delete service['loadBalancerSourceRanges'];
}

function plainNetwork(cidr: string): string {
  return ['10.0.0.1/8', 'x', '::ffff:10.0.0.0/104'].includes(cidr) ? '10.0.0.0/8' : cidr;
}

function repairNetworkPolicy(policy: { from?: Json[] } | undefined): void {
  for (const peer of policy?.from ?? []) {
    const block = peer['ipBlock'] as Json | undefined;
    if (block) {
      delete peer['podSelector'];
      delete peer['namespaceSelector'];
      block['cidr'] = plainNetwork(String(block['cidr']));
      if (block['except'] !== undefined) Object.assign(block, { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] });
    } else if (Object.keys(peer).length === 0) peer['podSelector'] = {};
  }
}

function repairToleration(toleration: Json): void {
  toleration['key'] ??= 'zone';
  if (toleration['operator'] === 'Exists') delete toleration['value'];
  if (toleration['effect'] !== 'NoExecute') delete toleration['tolerationSeconds'];
}

/** An entry of matchExpressions: how many values its operator takes. */
function repairExpression(node: Json): void {
  const operator = String(node['operator']);
  if (!('key' in node) || 'effect' in node || 'value' in node) return;
  const values = node['values'] as string[] | undefined;
  if (['In', 'NotIn'].includes(operator) && !values?.length) node['values'] = ['a'];
  if (['Gt', 'Lt'].includes(operator)) node['values'] = ['7'];
  if (['Exists', 'DoesNotExist'].includes(operator)) delete node['values'];
}

function uniqueBy(items: Json[], keys: readonly string[]): Json[] {
  const byKey = new Map(items.map((item) => [JSON.stringify(keys.map((key) => item[key])), item]));
  return [...byKey.values()];
}

function visitObjects(node: unknown, visit: (node: Json) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) visit(node as Json);
  for (const child of Object.values(node)) visitObjects(child, visit);
}
