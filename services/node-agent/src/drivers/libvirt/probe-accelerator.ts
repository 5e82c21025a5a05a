// Whether KVM runs guests here. That /dev/kvm exists proves nothing: behind some hypervisors a guest on it hangs. So a
// guest is run: firmware, then a boot sector of three instructions that ends QEMU with a status of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Accelerator } from '@bramble/contracts'
import type { Logger } from '@bramble/kit'

const exitPort = 0xf4
const exitValue = 0x10
/** isa-debug-exit ends QEMU with (value << 1) | 1. */
const exitStatus = (exitValue << 1) | 1
const timeLimitMs = 2500
/** Of a command that timeout(1) killed: 128 and the number of the signal. */
const killedStatus = 137

/** Asks the machine once per boot of it: the answer is kept in `dir`. Says so when there is no KVM. */
export async function probeAccelerator({ emulator, dir, log }: AcceleratorProbe): Promise<Accelerator> {
  const path = join(dir, 'accelerator.json')
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  const asked = `${bootId} ${emulator}`
  let answer = await readAnswer(path)
  if (answer?.asked !== asked) {
    answer = { asked, whyNotKvm: await whyNotKvm(emulator) }
    await writeFile(path, JSON.stringify(answer))
  }
  if (answer.whyNotKvm === undefined) return 'kvm'
  const reason = answer.whyNotKvm
  log.warn({ reason }, 'no KVM: virtual machines run under TCG, many times slower, and not isolated by hardware')
  return 'tcg'
}

export interface AcceleratorProbe {
  emulator: string
  dir: string
  log: Logger
}

interface Answer {
  asked: string
  whyNotKvm?: string | undefined
}

const readAnswer = async (path: string): Promise<Answer | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Answer
  } catch {
    return undefined
  }
}

const whyNotKvm = (emulator: string): Promise<string | undefined> =>
  access('/dev/kvm').then(
    () => whyKvmFails(emulator),
    () => '/dev/kvm is not there',
  )

async function whyKvmFails(emulator: string): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'bramble-kvm-'))
  try {
    const disk = join(dir, 'disk')
    await writeFile(disk, bootSector())
    return await runGuest(emulator, disk)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** mov al, value; out port, al; hlt. */
function bootSector(): Buffer {
  const sector = Buffer.alloc(64 * 1024)
  Buffer.from([0xb0, exitValue, 0xe6, exitPort, 0xf4]).copy(sector)
  sector.writeUInt16LE(0xaa55, 510)
  return sector
}

async function runGuest(emulator: string, disk: string): Promise<string | undefined> {
  const machine = ['-machine', 'q35', '-accel', 'kvm', '-m', '64', '-nodefaults', '-display', 'none']
  const exit = ['-device', `isa-debug-exit,iobase=${exitPort},iosize=1`]
  const drive = ['-drive', `file=${disk},format=raw,if=virtio,readonly=on`]
  // By timeout(1): a guest that hangs would outlive this process if that is killed meanwhile.
  const limited = ['--signal=KILL', `${timeLimitMs / 1000}`, emulator, ...machine, ...exit, ...drive]
  const child = spawn('timeout', limited, { stdio: 'ignore' })
  try {
    const [status] = (await once(child, 'exit')) as [number | null]
    if (status === exitStatus) return undefined
    const isLate = status === null || status === killedStatus
    return isLate ? `a test guest did not run within ${timeLimitMs} ms` : `QEMU ended with status ${status}`
  } catch (error) {
    return `${emulator} cannot be started: ${(error as Error).message}`
  }
}
