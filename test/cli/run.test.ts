// The command line: words in, output and exit code out.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { renderText, runCli } from '../support/command-line.ts';
import { makeFolder } from '../support/folder.ts';
import { makeResource, parseObjects, resourceText, at } from '../support/resource.ts';

const SECRET = { password: undefined, passwordSecretRef: { name: 'shop-root', key: 'password' } };
const SHOP = resourceText(SECRET);

describe('the words of the command line', () => {
  it.each([
    ['an unknown command is named, with the nearest', ['rendr'], 'unknown command "rendr", did you mean "render"?'],
    ['a word that is near nothing', ['frobnicate'], 'unknown command "frobnicate", see kubectl mysql help'],
    ['help for an unknown command', ['help', 'validat'], 'unknown command "validat", did you mean "validate"?'],
    ['a command without its second word', ['cmp'], 'cmp needs a command: generate, parameters, init'],
    ['a flag for the second word', ['cmp', '-f'], 'cmp needs a command: generate, parameters, init'],
    ['a misspelt second word', ['cmp', 'genrate'], 'unknown command "cmp genrate", did you mean "cmp generate"?'],
    ['a second word that is near nothing', ['cmp', 'x'], 'unknown command "cmp x", see kubectl mysql help cmp'],
    ['a word behind two', ['cmp', 'generate', 'x'], 'unexpected argument "x"'],
    ['a word that fn does not take', ['fn', 'x'], 'unexpected argument "x"'],
    ['a flag before the command', ['-f', 'x'], 'unknown flag "-f", see kubectl mysql help'],
    ['a misspelt flag before the command', ['--versoin'], 'unknown flag "--versoin", did you mean "--version"?'],
    ['a misspelt flag', ['render', '--nmespace', 'a'], 'unknown flag "--nmespace", did you mean "--namespace"?'],
    ['an unknown flag', ['render', '--dry-run'], 'unknown flag "--dry-run"'],
    ['an unknown letter', ['render', '-q'], 'unknown flag "-q"'],
    ['a flag of another command', ['render', '--previous', 'x'], 'unknown flag "--previous"'],
    ['a name that every object has', ['render', '--constructor', 'x'], 'unknown flag "--constructor"'],
    ['help with a value', ['render', '--help=x'], '--help takes no value'],
    ['a file without -f', ['render', 'x'], 'unexpected argument "x"; files and folders are given with -f'],
    ['a word behind --', ['render', '--', '-f'], 'unexpected argument "-f"; files and folders are given with -f'],
    ['a word that version does not take', ['version', 'x'], 'unexpected argument "x"'],
    [
      'a name and all namespaces',
      ['status', 'shop', '-A'],
      'a resource is named within one namespace; leave -A or the name out',
    ],
    ['one namespace and all', ['status', '-n', 'a', '-A'], 'give --namespace or --all-namespaces, not both'],
    ['a resource of another kind', ['status', 'pod/shop'], '"pod/shop" does not name a MySQL resource'],
    [
      'what is no namespace, of a command with a cluster',
      ['status', '-n', 'A b'],
      '--namespace must be the name of a namespace, not "A b"',
    ],
    ['a word that doctor does not take', ['doctor', 'shop'], 'unexpected argument "shop"'],
    ['no cluster', ['status', 'shop'], 'no cluster: give --kubeconfig or KUBECONFIG, or run in a pod'],
    ['a kubeconfig that is not there', ['status', '--kubeconfig', '/nowhere'], '/nowhere: no such file'],
    ['no input', ['render'], 'give the input with -f FILE, -f DIR, or -f - for standard input'],
    ['-f without a value', ['render', '-f'], 'give the input with -f FILE, -f DIR, or -f - for standard input'],
    ['an empty file name', ['render', '-f', ''], '--filename needs a value'],
    ['-o without a value', ['render', '-f', '-', '-o'], '--output needs a value'],
    ['a flag for a value', ['render', '-f', '-', '-n', '--output', 'json'], '--namespace needs a value'],
    ['an empty namespace', ['render', '-f', '-', '-n', ''], '--namespace needs a value'],
    [
      'what is no namespace',
      ['render', '-f', '-', '-n', 'A b'],
      '--namespace must be the name of a namespace, not "A b"',
    ],
    ['a namespace given twice', ['render', '-f', '-', '-n', 'a', '-n', 'b'], '--namespace is given more than once'],
    ['an unknown format', ['render', '-f', '-', '-o', 'yml'], '--output must be yaml, json or name, not "yml"'],
    ['an unknown report', ['validate', '-f', '-', '-o', 'yaml'], '--output must be text, json or sarif, not "yaml"'],
    ['an unknown format of the version', ['version', '-o', 'yaml'], '--output must be text or json, not "yaml"'],
    [
      'an unknown way to validate',
      ['render', '-f', '-', '--validate=no'],
      '--validate must be strict or warn, not "no"',
    ],
    ['a switch with a word', ['render', '-f', '-', '--no-resource=maybe'], '--no-resource must be true or false'],
    ['a letter of a switch with a word', ['render', '-f', '-', '-R=x'], '--recursive must be true or false'],
    ['standard input twice', ['render', '-f', '-', '-f', '-'], 'standard input can be read only once'],
    ['standard input for two', ['validate', '-f', '-', '--previous', '-'], 'standard input can be read only once'],
    ['--kustomization alone', ['render', '-f', '-', '--kustomization'], '--kustomization needs --output-dir'],
    [
      'two outputs',
      ['render', '-f', '-', '-o', 'yaml', '--output-dir', 'x'],
      'give --output or --output-dir, not both',
    ],
  ])('%s is exit code 2 and one line', async (_, argv, message) => {
    expect(await runCli(argv, SHOP)).toEqual({ code: 2, out: '', lines: [`error: ${message}`] });
  });

  it.each([
    ['a letter and its value apart', ['-f', '-', '-o', 'name']],
    ['a letter and its value together', ['-f-', '-oname']],
    ['a letter, =, and its value', ['-f=-', '-o=name']],
    ['the long names', ['--filename', '-', '--output', 'name']],
    ['the long names with =', ['--filename=-', '--output=name']],
    ['letters in one word', ['-Rf-', '-o', 'name']],
    ['flags before files', ['-o', 'name', '-f', '-']],
    ['a switch that is off', ['-f', '-', '-o', 'name', '--no-resource=false']],
  ])('%s', async (_, options) => {
    const { code, out } = await runCli(['render', ...options], SHOP);
    expect([code, out.split('\n')[0]]).toEqual([0, 'mysql.otus.homework/shop']);
  });

  it('prints the version', async () => {
    expect(await runCli(['version'])).toEqual({ code: 0, out: 'kubectl-mysql 0.1.0\n', lines: [] });
    expect(await runCli(['--version'])).toEqual(await runCli(['version']));
    expect(await runCli(['version', '-o', 'json'])).toEqual({ code: 0, out: '{"version":"0.1.0"}\n', lines: [] });
  });
});

describe('the help', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']], [['help', '--help']]])('%j shows every command', async (argv) => {
    const { code, out, lines } = await runCli(argv);
    expect([code, lines]).toEqual([0, []]);
    for (const name of [...Object.keys(COMMANDS), 'help']) expect(out).toContain(`kubectl mysql ${name}`);
  });

  const pages = Object.keys(COMMANDS).flatMap((name): [string[], string][] => {
    const words = name.split(' ');
    return [
      [[...words, '--help'], name],
      [[...words, '-h'], name],
      [['help', ...words], name],
      [[...words, '-f', 'x', '--help'], name],
    ];
  });
  it.each(pages)('%j shows all options and examples', async (argv, name) => {
    const { code, out, lines } = await runCli(argv);
    expect([code, lines]).toEqual([0, []]);
    const command = COMMANDS[name];
    for (const [option, { alias }] of Object.entries(command?.options ?? {})) {
      expect(out).toContain(`--${option}`);
      if (alias !== undefined) expect(out).toContain(`-${alias}, --${option}`);
    }
    for (const [example] of command?.examples ?? []) expect(out).toContain(example);
  });

  it.each([[['help', 'cmp']], [['cmp', '--help']], [['cmp', '-h']]])(
    '%j shows the commands of cmp alone',
    async (argv) => {
      const { code, out } = await runCli(argv);
      expect(code).toBe(0);
      for (const name of ['generate', 'parameters', 'init']) expect(out).toContain(`kubectl mysql cmp ${name}`);
      expect(out).not.toContain('kubectl mysql render');
    },
  );

  it('is not wider than the terminal, but for examples', async () => {
    for (const name of Object.keys(COMMANDS)) {
      const { out } = await runCli(['help', ...name.split(' ')]);
      const [page = ''] = out.split('\nExamples:\n');
      expect(Math.max(...page.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });
});

describe('exit codes', () => {
  const twice = `${SHOP}---\n${SHOP}`;
  it.each([
    ['0: rendered', ['render', '-f', '-'], SHOP, 0],
    ['0: rendered with a warning', ['render', '-f', '-'], resourceText(), 0],
    ['0: other objects alone', ['render', '-f', '-'], 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n', 0],
    ['0: valid', ['validate', '-f', '-'], SHOP, 0],
    ['2: the command line', ['render', '-x'], SHOP, 2],
    ['3: an invalid resource', ['render', '-f', '-'], resourceText({ image: 5 }), 3],
    ['3: the same resource twice', ['render', '-f', '-'], twice, 3],
    ['3: nothing in the input', ['render', '-f', '-'], '', 3],
    ['3: comments alone', ['render', '-f', '-'], '# nothing\n---\n# here\n', 3],
    ['3: no YAML', ['render', '-f', '-'], 'a: [', 3],
    ['3: nothing to validate', ['validate', '-f', '-'], 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n', 3],
    ['3: an invalid resource', ['validate', '-f', '-'], resourceText({ image: 5 }), 3],
    ['1: a file that is not there', ['render', '-f', '/nowhere/x.yaml'], '', 1],
  ])('%s', async (_, argv, input, code) => {
    const outcome = await runCli(argv, input);
    expect(outcome.code).toBe(code);
    if (code !== 0) expect(outcome.out).toBe('');
    expect(outcome.lines.some((line) => line.startsWith('error: '))).toBe(code !== 0);
  });

  it.each([
    ['resources: [shop.yaml]\n', 'error: FILE:1:1: this is not a Kubernetes object: it has no apiVersion; '],
    ['apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n', 'error: FILE:1:1: '],
  ])('refuses the folder of kustomize with %j, which no cluster knows', async (text, line) => {
    const folder = await makeFolder({ 'shop.yaml': SHOP, 'kustomization.yaml': text });
    const file = join(folder, 'kustomization.yaml');
    const hint = 'this folder is for kustomize: give what "kustomize build" prints';
    for (const argv of [
      ['render', '-f', folder],
      ['publish', '-f', folder, '--branch', 'x', '--repo', folder],
    ]) {
      const { code, out, lines } = await runCli(argv);
      expect([code, out, lines[0]?.replace(file, 'FILE')]).toEqual([3, '', expect.stringContaining(line + hint)]);
    }
  });

  it('says that its input was rendered already, whatever stands first', async () => {
    const [resource = '', ...children] = (await renderText(SHOP)).split('---\n');
    const first = await runCli(['render', '-f', '-'], [resource, ...children].join('---\n'));
    const last = await runCli(['render', '-f', '-'], [...children, resource].join('---\n'));
    const own = 'apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n';
    const foreign = await runCli(['render', '-f', '-'], `${SHOP}---\n${own}`);
    expect([first.code, last.code, foreign.code]).toEqual([3, 3, 3]);
    expect(first.lines[0]).toMatch(/ of this name, too; that was rendered already, leave it out$/);
    expect(last.lines[0]).toMatch(/ which stands already in .*; that was rendered already, leave it out$/);
    expect(foreign.lines[0]).toMatch(/ of this name, too$/);
  });

  it('names every problem of every document, with its place, and renders nothing', async () => {
    const input = `${resourceText({ image: 5, databse: 'x' })}---\na: [\n---\n${resourceText(SECRET, { name: 'web' })}`;
    const { code, out, lines } = await runCli(['render', '-f', '-'], input);
    expect([code, out]).toEqual([3, '']);
    expect(lines).toEqual([
      'error: <stdin>:7:3: spec.databse: unknown field, did you mean "database"?',
      expect.stringMatching(/^error: <stdin>:8:3: spec\.image: must be a string, but is a number/),
      expect.stringMatching(/^warning: <stdin>:9:3: spec\.password: /),
      expect.stringMatching(/^error: <stdin>:13:1: /),
      'error: nothing was rendered',
    ]);
  });
});

describe('-n', () => {
  it('gives a namespace to resources that name none, and to all that is rendered for them', async () => {
    const objects = parseObjects(await renderText(SHOP, '-n', 'prod'));
    expect(new Set(objects.map(({ value }) => at(value, 'metadata', 'namespace')))).toEqual(new Set(['prod']));
  });

  it('leaves resources that name the same one as they are', async () => {
    const named = resourceText(SECRET, { namespace: 'prod' });
    expect(await renderText(named, '-n', 'prod')).toBe(await renderText(SHOP, '-n', 'prod'));
    expect(await renderText(named)).toBe(await renderText(SHOP, '-n', 'prod'));
  });

  it('refuses a resource that names another one', async () => {
    const { code, lines } = await runCli(
      ['render', '-f', '-', '-n', 'prod'],
      resourceText(SECRET, { namespace: 'dev' }),
    );
    expect(code).toBe(3);
    expect(lines[0]).toBe(
      'error: <stdin>:5:3: metadata.namespace: the resource says another namespace than --namespace prod',
    );
  });

  it('leaves other objects as they are', async () => {
    const other = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n';
    expect(await renderText(`${other}---\n${SHOP}`, '-n', 'prod')).toMatch(new RegExp(`^${other}---`));
  });

  it('without one, nothing rendered names a namespace', async () => {
    expect(await renderText(SHOP)).not.toContain('namespace:');
  });
});

describe('--validate', () => {
  const input = resourceText({
    ...SECRET,
    usless_data: 1,
    storage_size: undefined,
    storage: { size: '1Gi', kind: 'x' },
  });

  it('strict: an unknown field is an error', async () => {
    const { code, lines } = await runCli(['render', '-f', '-', '--validate=strict'], input);
    expect(code).toBe(3);
    expect(lines).toContain('error: <stdin>:14:3: spec.usless_data: unknown field');
  });

  it('warn: it is named and dropped, as the API server does', async () => {
    const { code, out, lines } = await runCli(['render', '-f', '-', '--validate=warn'], input);
    expect(code).toBe(0);
    expect(lines).toEqual([
      'warning: <stdin>:12:5: spec.storage.kind: unknown field',
      'warning: <stdin>:14:3: spec.usless_data: unknown field',
    ]);
    const clean = { ...SECRET, storage_size: undefined, storage: { size: '1Gi' } };
    expect(out).toBe(await renderText(resourceText(clean)));
  });
});

describe('--no-resource', () => {
  it('leaves the resource out and changes nothing else', async () => {
    const input = resourceText({ ...SECRET, lifecycle: 'None' });
    const whole = await renderText(input);
    expect(await renderText(input, '--no-resource')).toBe(whole.slice(whole.indexOf('---\n') + 4));
  });

  it.each([
    ['without lifecycle', {}, 3],
    ['with lifecycle Managed', { lifecycle: 'Managed' }, 3],
    ['with lifecycle None', { lifecycle: 'None' }, 0],
  ])('%s', async (_, spec, code) => {
    const outcome = await runCli(['render', '-f', '-', '--no-resource'], resourceText({ ...SECRET, ...spec }));
    expect(outcome.code).toBe(code);
    if (code === 3) expect(outcome.lines[0]).toMatch(/spec\.lifecycle: must be None with --no-resource/);
  });
});

describe('--previous', () => {
  const grown = resourceText({ ...SECRET, storage_size: '2Gi' });

  it.each([
    ['a size that grows', SHOP, grown, [], 0],
    ['a size that shrinks', grown, SHOP, [], 3],
    ['a size that shrinks, found within -n', grown, SHOP, ['-n', 'prod'], 3],
    [
      'one of the two names the namespace of -n',
      resourceText({ ...SECRET, storage_size: '2Gi' }, { namespace: 'prod' }),
      SHOP,
      ['-n', 'prod'],
      3,
    ],
    ['another resource shrinks nothing', grown.replace('"shop"', '"web"'), SHOP, [], 0],
    ['an earlier form that is wrong is history', resourceText({ ...SECRET, image: 5 }), SHOP, [], 0],
    ['an earlier form that is not there', '', SHOP, [], 0],
    ['an earlier form that cannot be read', 'a: [', SHOP, [], 3],
  ])('%s', async (...[, before, after, options, code]) => {
    const folder = await makeFolder({ 'after.yaml': after });
    const argv = ['validate', '-f', `${folder}/after.yaml`, '--previous', '-', ...options];
    expect((await runCli(argv, before)).code).toBe(code);
  });

  it('says what shrank, and where', async () => {
    const folder = await makeFolder({ 'before.yaml': grown });
    const { lines } = await runCli(['validate', '-f', '-', '--previous', `${folder}/before.yaml`], SHOP);
    expect(lines[0]).toMatch(/^error: <stdin>:\d+:\d+: spec: the storage size cannot shrink/);
  });
});

describe('formats', () => {
  it('name: kind, group and name', async () => {
    expect(await renderText(SHOP, '-o', 'name')).toBe(
      [
        'mysql.otus.homework/shop',
        'persistentvolumeclaim/shop-pvc',
        'persistentvolumeclaim/backup-shop-pvc',
        'configmap/shop-config',
        'service/shop',
        'statefulset.apps/shop',
        '',
      ].join('\n'),
    );
  });

  it('json: one List that says what the YAML says', async () => {
    const list = JSON.parse(await renderText(SHOP, '-o', 'json')) as { kind: string; items: unknown[] };
    expect(list.kind).toBe('List');
    expect(list.items).toEqual(parseObjects(await renderText(SHOP)).map(({ value }) => value));
  });

  it('json: JSON in is the same as YAML in', async () => {
    expect(await renderText(JSON.stringify(makeResource(SECRET)))).toBe(await renderText(SHOP));
  });

  it('json: a line separator within a string stays what it is', async () => {
    const input = resourceText({ ...SECRET, annotations: { a: 'x\u2028y\u2029z' } });
    const { items } = JSON.parse(await renderText(input, '-o', 'json')) as { items: unknown[] };
    expect(at(items[0], 'spec', 'annotations', 'a')).toBe('x\u2028y\u2029z');
  });
});
