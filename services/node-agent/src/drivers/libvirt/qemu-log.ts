import { join } from 'node:path'
import type { Slot } from '../driver.ts'
import { domainRef } from './domain-ref.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { readConsole } from './read-console.ts'

const tailBytes = 4096
const mostLines = 5

/** Where libvirt lets QEMU write; what it was started with stands there too. */
export const qemuLogPath = ({ qemuLogDir }: Pick<LibvirtContext, 'qemuLogDir'>, slot: Slot): string =>
  join(qemuLogDir, `${domainRef(slot).name}.log`)

/** What QEMU said last, in one line; empty when it said nothing. The arguments that libvirt puts there are left out. */
export async function lastWordsOf(context: Pick<LibvirtContext, 'qemuLogDir'>, slot: Slot): Promise<string> {
  const tail = await readConsole(qemuLogPath(context, slot), tailBytes).catch(() => Buffer.alloc(0))
  const lines = tail
    .toString('utf8')
    .split('\n')
    .slice(tail.length < tailBytes ? 0 : 1)
  return lines
    .filter((line) => line !== '' && !line.endsWith('\\') && !line.startsWith('-'))
    .slice(-mostLines)
    .join('; ')
}
