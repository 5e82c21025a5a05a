// Eight suites, told apart by where a test lives and how it is named (scripts/test gives each its budget):
//   unit       *.test.ts beside the code, nothing but the process itself
//   contracts  *.contract.test.ts beside the code, one suite for every adapter, on real servers
//   system     test/system: the whole product through its client
//   processes  test/processes: master and agents as processes of their own, on the real broker and database
//   lab        test/lab: real QEMU and libvirt, in namespaces of its own
//   faults     test/faults: master, agents, broker and database killed under load
//   compose    test/compose: the suite in containers, as compose.yaml runs it
//   walk       test/walk: the tutorials of the suite, their commands run as they stand
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024', experimental: { keepImportAttributes: true } },
        module: { type: 'es6' },
      },
    ],
  },
}

const beside = (pattern) => [
  `<rootDir>/packages/*/src/**/${pattern}`,
  `<rootDir>/services/*/src/**/${pattern}`,
  `<rootDir>/test/${pattern}`,
  `<rootDir>/test/bench/**/${pattern}`,
]

// These start processes and write files: the teardown fails the run when any is left.
const watched = {
  globalSetup: '<rootDir>/test/shared/run-setup.ts',
  globalTeardown: '<rootDir>/test/shared/run-teardown.ts',
}

export default {
  // For a busy machine; what waits inside a test has deadlines of its own.
  testTimeout: 60_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: beside('*.test.ts'),
      testPathIgnorePatterns: ['/node_modules/', '\\.contract\\.test\\.ts$'],
    },
    { ...common, displayName: 'contracts', testMatch: beside('*.contract.test.ts') },
    { ...common, ...watched, displayName: 'system', testMatch: ['<rootDir>/test/system/**/*.test.ts'] },
    { ...common, ...watched, displayName: 'processes', testMatch: ['<rootDir>/test/processes/**/*.test.ts'] },
    { ...common, ...watched, displayName: 'lab', testMatch: ['<rootDir>/test/lab/**/*.test.ts'] },
    { ...common, ...watched, displayName: 'compose', testMatch: ['<rootDir>/test/compose/**/*.test.ts'] },
    { ...common, ...watched, displayName: 'walk', testMatch: ['<rootDir>/test/walk/**/*.test.ts'] },
    { ...common, ...watched, displayName: 'faults', testMatch: ['<rootDir>/test/faults/**/*.test.ts'] },
  ],
}
