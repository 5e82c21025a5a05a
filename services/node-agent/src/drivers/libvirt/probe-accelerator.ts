// Whether KVM runs guests here. That /dev/kvm exists proves nothing: behind some hypervisors a guest on it hangs. So a
// guest is run on it.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Accelerator, Arch } from '@bramble/contracts'
import type { Logger } from '@bramble/kit'
import { LibvirtError } from '@bramble/libvirt'
import type { Libvirt } from '@bramble/libvirt'
import { runTestGuest } from './run-test-guest.ts'

const timeLimitMs = 2500

export interface AcceleratorProbe {
  arch: Arch
  owner: string
  /** For the answer, and for the test guest. */
  dir: string
  log: Logger
}

/** Asks the machine once per boot of it, for each version of QEMU. Says so when there is no KVM. */
export async function probeAccelerator(libvirt: Libvirt, probe: AcceleratorProbe): Promise<Accelerator> {
  const path = join(probe.dir, 'accelerator.json')
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  const asked = `${bootId} QEMU ${await libvirt.host.version()}`
  let answer = await readAnswer(path)
  if (answer?.asked !== asked) {
    answer = { asked, whyNotKvm: await whyNotKvm(libvirt, probe) }
    await writeFile(path, JSON.stringify(answer))
  }
  if (answer.whyNotKvm === undefined) return 'kvm'
  const reason = answer.whyNotKvm
  probe.log.warn({ reason }, 'no KVM: virtual machines run under TCG, many times slower, and not isolated by hardware')
  return 'tcg'
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

async function whyNotKvm(libvirt: Libvirt, { arch, owner, dir }: AcceleratorProbe): Promise<string | undefined> {
  try {
    await libvirt.host.domainCapabilities({ arch, virtType: 'kvm' })
  } catch (error) {
    if (error instanceof LibvirtError) return error.message
    throw error
  }
  return runTestGuest(libvirt, { arch, virtType: 'kvm', owner, dir, timeLimitMs })
}
