// Whose a domain is. Names of nodes do not tell: two cloudlets on one host both call theirs `local`, and each would take
// the other's VMs for orphans. An id that was drawn once for the state folder does, as the ledger that knows the VMs
// lies in that folder too.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '@bramble/kit'

/** The id in `<stateDir>/owner`, drawn and written when there is none. */
export async function readOwner(stateDir: string): Promise<string> {
  const path = join(stateDir, 'owner')
  const kept = await readFile(path, 'utf8').catch(undefinedWhenMissing)
  if (kept === undefined) return drawOwner(path)
  if (kept.trim() === '') throw new Error(`${path} is empty; restore it: it names the owner of the VMs that run`)
  return kept.trim()
}

async function drawOwner(path: string): Promise<string> {
  const owner = randomUUID()
  await writeDurably(`${owner}\n`, { path, through: `${path}.partial` })
  return owner
}

function undefinedWhenMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
  throw error
}
