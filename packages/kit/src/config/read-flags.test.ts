import { FlagError, readFlags } from './read-flags.ts'

const words = { usage: 'usage: ...', settings: { port: 'http.port', data: 'dataDir' } }

it.each([
  [['--help'], { kind: 'help' }],
  [['version'], { kind: 'version' }],
  [['--version'], { kind: 'version' }],
  [[], { kind: 'run', file: undefined, settings: { 'http.port': undefined, dataDir: undefined } }],
  [
    ['--config', 'm.yaml', '--port', '0', '--data', '/d'],
    { kind: 'run', file: 'm.yaml', settings: { 'http.port': '0', dataDir: '/d' } },
  ],
])('the flags %j are read', (args, flags) => expect(readFlags(args, words)).toEqual(flags))

it.each([[['--nonsense']], [['serve']], [['version', 'please']], [['--config']]])(
  'the flags %j are refused',
  (args) => {
    expect(() => readFlags(args, words)).toThrow(FlagError)
  },
)
