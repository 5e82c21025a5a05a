import { domainEvents } from './domain-events.ts'
import { bits, createFlags } from './flags.ts'
import { procedures, remoteProgram } from './procedures.ts'
import type { Procedure } from './procedures.ts'

const rows: [string, Procedure][] = Object.entries(procedures)

it('uses no number twice', () => {
  const numbers = rows.map(([, { program = remoteProgram, number }]) => `${program}:${number}`)
  const events = Object.values(domainEvents).map(({ number }) => `${remoteProgram}:${number}`)
  const all = [...numbers, ...events]
  expect(new Set(all).size).toBe(all.length)
})

it('adds up flags by name', () => {
  expect(bits(createFlags)).toBe(0)
  expect(bits(createFlags, ['paused', 'forceBoot'])).toBe(9)
})
