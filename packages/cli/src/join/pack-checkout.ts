import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const mostBytes = 256 * 1024 * 1024
const hint = 'bring it to the hosts yourself, and add --no-copy'

/** Where this CLI was started from; scripts/bramble tells it. */
export const findCheckout = ({ BRAMBLE_CHECKOUT }: NodeJS.ProcessEnv): string =>
  BRAMBLE_CHECKOUT ?? join(import.meta.dirname, '../../../..')

/** What is committed in the checkout, as a tar.gz, made when it is first asked for. */
export const createPack = (checkout: string): (() => Promise<Buffer>) => {
  let packed: Promise<Buffer> | undefined
  return () => (packed ??= pack(checkout))
}

const pack = async (checkout: string): Promise<Buffer> => {
  if (!existsSync(join(checkout, 'scripts/join')) || !existsSync(join(checkout, '.git')))
    throw new Error(`this CLI does not run from a git checkout that could be copied: ${hint}`)
  const args = ['-C', checkout, 'archive', '--format=tar.gz', 'HEAD']
  try {
    return (await execute('git', args, { encoding: 'buffer', maxBuffer: mostBytes })).stdout
  } catch (cause) {
    throw new Error(`git could not pack ${checkout}: ${(cause as Error).message.trim()}; ${hint}`, { cause })
  }
}
