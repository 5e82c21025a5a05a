// T4. The messages of 200 operations, recorded at the bus, come twice, backwards, and in any order, to the agent and to the
// master. Both end as they did when all came in order, and each effect happens once.
// The broken builds: an agent that obeys older documents; a master that takes a fact told again for another one.
import { join } from 'node:path'
import { runProgram } from '@bramble/testkit'
import { isFull } from '../shared/full-counts.ts'
import { countsEveryTelling } from './broken/counts-every-telling.ts'
import { obeysOlderDocuments } from './broken/obeys-older-documents.ts'
import type { ReplayResult } from './replay/main.ts'
import { patched } from './support/patched.ts'
import type { Patch } from './support/patch.ts'
import { seed } from './support/seeded-random.ts'

const shuffles = isFull ? 5000 : 100
const timeoutMs = isFull ? 2_400_000 : 120_000

async function replay(receiver: 'agent' | 'master', count: number, ...patches: Patch[]): Promise<ReplayResult> {
  const { nodeArgs, env } = patched(...patches)
  const main = join(import.meta.dirname, 'replay/main.ts')
  const command: [string, ...string[]] = [process.execPath, ...nodeArgs, main, receiver, `${count}`, `${seed}`]
  const { exitCode, stdout, stderr } = await runProgram(command, { env })
  if (exitCode !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as ReplayResult
}

it(
  `comes to the same over ${2 * shuffles} shuffles (seed ${seed})`,
  async () => {
    const results = await Promise.all([replay('agent', shuffles), replay('master', shuffles)])
    console.log(`T4: ${JSON.stringify(results.map(({ messages, replays }) => ({ ...messages, replays })))}`)
    expect(results.map(({ wrong }) => wrong)).toEqual([[], []])
    expect(results.map(({ replays }) => replays)).toEqual([shuffles + 3, shuffles + 3])
  },
  timeoutMs,
)

it('objects to an agent that obeys older documents', async () => {
  expect((await replay('agent', 0, obeysOlderDocuments)).wrong).toMatchObject([{ order: 'reversed' }])
}, 60_000)

it('objects to a master that takes a fact told again for another one', async () => {
  const { wrong } = await replay('master', 0, countsEveryTelling)
  expect(wrong.flatMap(({ what }) => what)).toContainEqual(
    expect.stringMatching(/^instance\.\w+ \S+ was told [2-9] times$/),
  )
}, 60_000)
