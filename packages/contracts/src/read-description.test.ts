import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readDescription } from './read-description.ts'
import { Description } from './v1/description.ts'

const mistakesIn = (text: string) => {
  const read = readDescription(text)
  return 'mistakes' in read ? read.mistakes.map((it) => `${it.line}:${it.column} ${it.key}: ${it.message}`) : []
}

it('the example of a description is one', () => {
  const example = readFileSync(join(import.meta.dirname, '../../../config/bramble.example.yaml'), 'utf8')
  expect(readDescription(example)).toMatchObject({ description: { users: { alice: { roles: ['operator'] } } } })
})

it.each(['', '# nothing yet\n', 'nodes:\n# pi-01: {}\n', '{}'])('nothing is described by %j', (text) =>
  expect(readDescription(text)).toEqual({ description: {} }),
)

describe('a description with mistakes', () => {
  it('has all of them told at once, of shapes and of what does not fit together, each with its place', () => {
    const text = [
      'clusters:',
      '  a: { policy: nix, x: 1 }',
      '  Bad Name: { y: 1 }',
      'nodes:',
      '  pi[01-04]: { cluster: b, macs: [x, 00:11:22:33:44:55] }',
      '  pi02:',
      '    labels: { shelf: 1 }',
      '  pi[: {}',
      'users: { bob: { roles: [god] }, al: {} }',
      'nope: 1',
    ]
    expect(mistakesIn(text.join('\n')).map((it) => it.slice(0, it.indexOf(': ')))).toEqual([
      '2:8 clusters.a.policy',
      '2:21 clusters.a.x',
      '3:3 clusters.Bad Name',
      '3:15 clusters.Bad Name.y',
      '5:16 nodes.pi[01-04].cluster',
      '5:28 nodes.pi[01-04].macs',
      '5:35 nodes.pi[01-04].macs.0',
      '6:3 nodes.pi02',
      '7:15 nodes.pi02.labels.shelf',
      '8:3 nodes.pi[',
      '9:25 users.bob.roles.0',
      '9:33 users.al.roles',
      '10:1 nope',
    ])
  })

  it.each([
    ['a node that two ranges name', 'nodes: { "pi[1-2]": {}, "pi[2-3]": {} }', /pi2 is there twice, also in pi\[1-2\]/],
    [
      'a MAC address of two nodes',
      'nodes: { a: {macs: [0a:00:00:00:00:01]}, b: {macs: [0A:00:00:00:00:01]} }',
      /that of a/,
    ],
    ['a MAC address twice', 'nodes: { a: { macs: [0a:00:00:00:00:01, 0A:00:00:00:00:01] } }', /there twice/],
    [
      'a policy under a name that is taken',
      'policies: { least-reserved: { scores: [fits-ideal] } }',
      /cannot be changed/,
    ],
    ['a default policy that is none', 'placement: { policy: other }', /no policy other/],
    ['too many nodes', 'nodes: { "pi[0-9999]": {} }', /a range such as/],
    ['a key twice', 'nodes: {}\nnodes: {}', /^2:1 : Map keys must be unique/],
    ['an alias of nothing', 'nodes: *all', /Unresolved alias/],
    ['a list', '- a', /expected object/],
  ])('such as %s is refused', (_what, text, message) =>
    expect(mistakesIn(text)).toEqual([expect.stringMatching(message)]),
  )

  it('is refused by the route too, when its shapes are right', () => {
    const parsed = Description.safeParse({ nodes: { a: { cluster: 'b' } } })
    expect(parsed.error?.issues).toMatchObject([{ path: ['nodes', 'a', 'cluster'], message: 'there is no cluster b' }])
  })
})
