// Follows the file that describes the testbed: what changed in it is applied within seconds, as `bramble apply -f` would,
// and never prunes. A file with mistakes changes nothing; the log, `bramble system tasks` and `bramble config show` tell
// all of them until it is right.
import { readFile } from 'node:fs/promises'
import type { Description } from '@bramble/contracts'
import { readDescription } from '@bramble/contracts/read-description'
import type { TaskDefinition } from '@bramble/kit'
import { applyDescription, digestOfDescription } from '../app/apply-description.ts'
import { noteApplied, readApplied } from '../app/applied-description.ts'
import type { Master } from '../master.ts'

export function followDescription(master: Master, file: string): TaskDefinition {
  /** What was read last, when all was done about it. */
  let done: string | undefined
  return {
    name: 'follow-description',
    periodMs: 3000,
    minIntervalMs: 1000,
    run: async () => {
      const text = await readIfThere(file)
      if (text === done) return
      const description = text === undefined ? undefined : readOrRefuse(master, file, text)
      master.refusedFile.now = undefined
      if (description) await applyIfNew(master, file, description)
      done = text
    },
  }
}

/** That there is none is no mistake, and takes back nothing. */
async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function readOrRefuse({ refusedFile, clock }: Master, file: string, text: string): Description {
  const read = readDescription(text)
  if ('description' in read) return read.description
  const mistakes = read.mistakes.map(
    ({ key, line, column, message }) => `${file}:${line}:${column}: ${key && `${key}: `}${message}`,
  )
  const isNew = refusedFile.now?.mistakes.join() !== mistakes.join()
  if (isNew) refusedFile.now = { at: clock.now(), mistakes }
  throw new Error(`the description of the testbed has mistakes and is not applied:\n${mistakes.join('\n')}`)
}

/** By the version of the file, not by what is in force: what somebody applied since stays until the file changes. */
async function applyIfNew(master: Master, file: string, description: Description): Promise<void> {
  const fileDigest = digestOfDescription(description)
  if ((await readApplied(master)).fileDigest === fileDigest) return
  const application = { description, by: 'file', from: file, prune: false, dryRun: false }
  const { changes } = await applyDescription(master, application)
  await noteApplied(master, { fileDigest })
  const audit = master.logger.child({ log: 'audit' })
  audit.info({ act: 'description.apply', name: 'file', file, changes: changes.length }, 'changed')
}
