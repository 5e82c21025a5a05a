import { randomUUID } from 'node:crypto'

export type TinyDomain = { name: string; uuid: string; xml: string }

/** A VM with its firmware and nothing else: it starts in a moment and runs for ever. `title` may change at restore. */
export function tinyDomain(
  name: string,
  { type = 'qemu', uuid = randomUUID() as string, title = name } = {},
): TinyDomain {
  const os = type === 'test' ? '<type>hvm</type>' : `<type arch='x86_64' machine='pc'>hvm</type>`
  const devices = type === 'test' ? '' : '<emulator>/usr/bin/qemu-system-x86_64</emulator>'
  const xml = `
    <domain type='${type}'>
      <name>${name}</name>
      <uuid>${uuid}</uuid>
      <title>${title}</title>
      <memory unit='MiB'>16</memory>
      <vcpu>1</vcpu>
      <os>${os}</os>
      <devices>${devices}</devices>
    </domain>`
  return { name, uuid, xml }
}
