import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '@bramble/testkit'

const root = join(import.meta.dirname, '../..')
const copyTracked = 'cd "$0" && git ls-files -z | tar --null --files-from - --create | tar --directory "$1" --extract'

/** What this checkout is made of, as it is now, in a folder of its own: as a host has it, with settings that are its own. */
export async function copyCheckout(folder: string): Promise<void> {
  await mkdir(folder)
  const { exitCode, stderr } = await runProgram(['sh', '-ec', copyTracked, root, folder])
  if (exitCode !== 0) throw new Error(`the checkout cannot be copied: ${stderr}`)
}
