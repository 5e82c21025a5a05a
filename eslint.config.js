import tseslint from 'typescript-eslint'

// The direction of dependencies (docs/architecture.md): what a package may import of ours.
const allowed = {
  'packages/contracts': [],
  'packages/libvirt': [],
  'packages/mdns': [],
  'packages/synthesis': [],
  'packages/kit': ['contracts'],
  'packages/tls-client': ['contracts'],
  'packages/client': ['contracts', 'tls-client'],
  'packages/cli': ['contracts', 'client'],
  'services/cluster-master': ['contracts', 'kit', 'synthesis'],
  'services/discovery': ['contracts', 'kit', 'mdns'],
  'services/node-agent': ['contracts', 'kit', 'libvirt', 'mdns', 'synthesis', 'tls-client'],
}

const libraries = ['contracts', 'kit', 'libvirt', 'mdns', 'synthesis', 'tls-client', 'client', 'cli']
const ours = [...libraries, 'cluster-master', 'discovery', 'node-agent', 'embedded']

const directions = Object.entries(allowed).map(([folder, names]) => ({
  files: [`${folder}/src/**/*.ts`],
  ignores: ['**/*.test.ts', '**/*.contract.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: ours
          .filter((name) => !names.includes(name) && !folder.endsWith(`/${name}`))
          .map((name) => ({
            group: [`@bramble/${name}`, `@bramble/${name}/*`],
            message: `${folder} may not import ${name}.`,
          })),
      },
    ],
  },
}))

const pureDomain = {
  files: ['packages/mdns/src/domain/**/*.ts', 'services/*/src/domain/**/*.ts'],
  ignores: ['**/*.test.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: [{ group: ['node:*'], message: 'domain/ is pure: no I/O, no clock, no env.' }] },
    ],
    'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch'],
    'no-restricted-properties': ['error', { object: 'Date', property: 'now' }],
  },
}

export default tseslint.config(
  { ignores: ['**/node_modules/**', '**/generated/**', '**/coverage/**', '**/dist/**'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['warn', { max: 200, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.test.ts', '**/*.contract.ts'],
    rules: { 'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }] },
  },
  // One table, meant to be read as one.
  { files: ['packages/contracts/src/v1/problem.ts'], rules: { 'max-lines': 'off' } },
  ...directions,
  pureDomain,
)
