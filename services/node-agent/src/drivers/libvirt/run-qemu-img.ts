// qemu-img reads images that guests have written: it runs as QEMU's own user, with little memory, time and priority,
// and is always told the format, because guessing it lets an image name other files.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ProblemError } from '@bramble/kit'
import type { Owner } from './slot-files.ts'

const run = promisify(execFile)
const limits = ['--as=2147483648', '--cpu=600', '--core=0']

export async function runQemuImg(owner: Owner, args: string[]): Promise<void> {
  const command = [...limits, '--', 'nice', '-n', '5', 'qemu-img', ...args]
  try {
    await run('prlimit', command, { ...owner, env: { PATH: process.env.PATH }, timeout: 900_000 })
  } catch (cause) {
    const { stderr = '' } = cause as { stderr?: string }
    throw new ProblemError('hypervisor_failed', `qemu-img ${args[0]} failed: ${stderr.trim().slice(-500)}`, { cause })
  }
}
