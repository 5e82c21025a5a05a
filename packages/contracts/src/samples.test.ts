import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DesiredDiscovery } from './messages/desired-discovery.ts'
import { DesiredNode } from './messages/desired-node.ts'
import { Fact } from './messages/fact.ts'
import { ReportDiscovery } from './messages/report-discovery.ts'
import { ReportNode } from './messages/report-node.ts'

// The samples are messages as version 1 has sent them. They are never edited: what was sent once stays readable.
const folder = join(import.meta.dirname, '../samples/v1')
const schemas = {
  'desired-node.json': DesiredNode,
  'report-node.json': ReportNode,
  'desired-discovery.json': DesiredDiscovery,
  'report-discovery.json': ReportDiscovery,
  'fact.json': Fact,
}
const readSample = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'))

it('every sample has its schema', () => {
  expect(readdirSync(folder).sort()).toEqual(Object.keys(schemas).sort())
})

describe.each(Object.entries(schemas))('%s', (file, schema) => {
  it('is readable, and nothing of it is lost', () => {
    expect(schema.parse(readSample(file))).toEqual(readSample(file))
  })

  it('is readable with keys that are not known yet, at every depth', () => {
    expect(schema.parse(addUnknownKeys(readSample(file)))).toEqual(readSample(file))
  })
})

function addUnknownKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(addUnknownKeys)
  if (typeof value !== 'object' || value === null) return value
  const known = Object.entries(value).map(([key, child]) => [key, addUnknownKeys(child)])
  return { ...Object.fromEntries(known), addedLater: { by: 'a newer version' } }
}
