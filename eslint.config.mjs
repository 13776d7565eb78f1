// Lint rules, among them the layers of docs/architecture.md: imports follow the data, left to right.

import tseslint from 'typescript-eslint';

/** The folders of src/ in the order of the data flow, and what each may know. */
const LAYERS = [
  'parse',
  'validate',
  'model',
  'render',
  'emit',
  'plan',
  'cluster',
  'lifecycle',
  'watcher',
  'report',
  'git',
  'publish',
  'cli',
];
/** One third-party library has one home, so that replacing it touches one folder. */
const HOMES = {
  'js-yaml': 'parse',
  '@marcbachmann/cel-js': 'validate',
  'fastest-levenshtein': 'validate',
  'ipaddr.js': 'validate',
  handlebars: 'render',
  '@kubernetes/client-node': 'cluster',
  undici: 'cluster',
  'prom-client': 'watcher',
  'simple-git': 'git',
  yargs: 'cli',
  'yargs-parser': 'cli',
};
const PURE = ['api', 'parse', 'validate', 'model', 'render', 'emit', 'plan'];
/** These talk to a cluster; what lifecycle/ decides and report/ says is pure all the same. */
const EFFECTS = ['cluster', 'lifecycle', 'watcher', 'report', 'git', 'publish'];
const LIFECYCLE_EFFECTS = [
  'observe*',
  'execute*',
  'write-active',
  'reconcile',
  'controller',
  'learn',
  'reflectors',
  'unreadable',
  'apply-rendered',
];
/** Time, randomness and the process come from outside. */
const PARAMETERS_ONLY = {
  'no-restricted-globals': ['error', { name: 'process', message: 'Only src/main.ts touches process.' }],
  'no-restricted-syntax': [
    'error',
    {
      selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
      message: 'Time is a parameter.',
    },
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is a parameter.' },
    {
      selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
      message: 'Randomness is a parameter.',
    },
  ],
};

function patternsFor(folder) {
  const at = LAYERS.indexOf(folder);
  const right = at === -1 ? LAYERS : LAYERS.slice(at + 1);
  const patterns = right.map((later) => ({
    regex: `/${later}/`,
    message: `${folder}/ must not know ${later}/: data flows parse → validate → model → render → emit → cli, and imports follow it.`,
  }));
  if (folder === 'cluster') {
    patterns.push({
      regex: `^\\.\\./(?!api/|errors\\.ts$|parse/yaml\\.ts$)`,
      message:
        'cluster/ knows objects and connections, not what a resource means: it imports api/, errors.ts and parse/yaml.ts only.',
    });
  }
  for (const [library, home] of Object.entries(HOMES)) {
    if (home === folder) continue;
    patterns.push({
      regex: `^${library}(/|$)`,
      message: `${library} is used in ${home}/ only, so that replacing it touches one folder; call ${home}/ instead.`,
    });
  }
  // report/ reads through cluster/ and by nothing else.
  if (PURE.includes(folder) || folder === 'report') {
    patterns.push({
      // A hash is a pure function; everything else of Node is an effect.
      regex: folder === 'render' ? '^node:(?!crypto$)' : '^node:',
      message: `${folder}/ is pure: it gets text and values as parameters and touches no file, clock or process.`,
    });
  }
  return patterns;
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '**/*.generated.*'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'interface', format: ['PascalCase'], custom: { regex: '^I[A-Z]', match: false } },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-dynamic-delete': 'error',
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-lines-per-function': ['error', 60],
      'no-console': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  ...[...PURE, ...EFFECTS, 'cli'].map((folder) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: patternsFor(folder) }] },
  })),
  {
    files: ['src/lifecycle/**/*.ts'],
    ignores: LIFECYCLE_EFFECTS.map((file) => `src/lifecycle/${file}.ts`),
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...patternsFor('lifecycle'),
            {
              regex: '^node:(?!util$)',
              message: 'This part of lifecycle/ is pure: it touches no file, clock or process.',
            },
          ],
        },
      ],
    },
  },
  {
    files: [...PURE, ...EFFECTS].map((folder) => `src/${folder}/**/*.ts`),
    // The one clock that everybody is given.
    ignores: ['src/cluster/clock.ts'],
    rules: PARAMETERS_ONLY,
  },
  {
    files: ['src/cli/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', { name: 'process', message: 'Only src/main.ts touches process.' }] },
  },
  {
    files: ['scripts/**/*.ts', 'test/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // A `describe` holds many short tests; it is no function in the sense of the limit.
    files: ['test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['**/*.mjs', '*.config.ts'],
    ...tseslint.configs.disableTypeChecked,
    rules: { ...tseslint.configs.disableTypeChecked.rules, 'no-restricted-exports': 'off' },
  },
);
