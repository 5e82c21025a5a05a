// The peer: libvirt's own save and restore of the very same VM. An instance of the service is stopped as it stands, its
// disk is copied, and it is saved. Its RAM is then ordinary memory instead of the base's file, as in any VM of libvirt's;
// machine, devices and forwards stay as they are. It is restored by a second libvirtd, where no agent takes it for its own.
import { chmod, copyFile, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { connectLibvirt } from '@bramble/libvirt'
import type { Libvirt } from '@bramble/libvirt'
import { startPrivateLibvirt } from '@bramble/testkit'
import type { PrivateLibvirt } from '@bramble/testkit'

export const saveFormats = ['sparse', 'raw'] as const
export type SaveFormat = (typeof saveFormats)[number]

/** For the libvirtd in which the instance runs that is to be saved; the second one saves in the other format. */
export const sparseConf = 'save_image_format = "sparse"\n'

export interface Peer extends AsyncDisposable {
  /** Bytes of the image on the disk. */
  sizeBytes: Record<SaveFormat, number>
  /** Before a restore, untimed: the disk as it was when the VM was saved, the image in the page cache. */
  prepare(): Promise<void>
  /** Resolves when libvirt says that it runs. */
  restore(format: SaveFormat): Promise<void>
  destroy(): Promise<void>
}

/** Takes the VM away from its instance, whose slot is lost with that. */
export async function takePeer(daemon: PrivateLibvirt, domainUuid: string): Promise<Peer> {
  await using stack = new AsyncDisposableStack()
  const folder = join(daemon.scratchDir, 'peer')
  await mkdir(folder)
  await chmod(folder, 0o777)
  const image = (format: SaveFormat) => join(folder, `${format}.save`)
  const [disk, keptDisk] = [join(folder, 'disk.qcow2'), join(folder, 'kept.qcow2')]
  const prepare = async () => {
    await copyFile(keptDisk, disk)
    await chmod(disk, 0o666)
  }

  const from = stack.adopt(await connectLibvirt({ socketPath: daemon.socketPath }), (it) => it.close())
  const uuid = await saveSparse(from, { domainUuid, folder, keptDisk, path: image('sparse') })
  const other = stack.adopt(await startPrivateLibvirt(), (it) => it.stop())
  const libvirt = stack.adopt(await connectLibvirt({ socketPath: other.socketPath }), (it) => it.close())
  await prepare()
  await libvirt.domains.restore(image('sparse'), { flags: ['paused'] })
  await libvirt.domains.save(await libvirt.domains.lookupByUuid(uuid), image('raw'), { flags: ['running'] })

  const owned = stack.move()
  return {
    sizeBytes: { sparse: await allocatedBytes(image('sparse')), raw: await allocatedBytes(image('raw')) },
    prepare,
    restore: (format) => libvirt.domains.restore(image(format)),
    destroy: async () => libvirt.domains.destroy(await libvirt.domains.lookupByUuid(uuid)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

interface Saving {
  domainUuid: string
  folder: string
  keptDisk: string
  path: string
}

async function saveSparse(libvirt: Libvirt, { domainUuid, folder, keptDisk, path }: Saving): Promise<string> {
  const domain = await libvirt.domains.lookupByUuid(domainUuid)
  // Stopped, QEMU has written all of the disk's layer.
  await libvirt.domains.suspend(domain)
  const own = await libvirt.domains.xml(domain, ['secure', 'migratable'])
  const slotDisk = /<source file='([^']+)'/.exec(own)![1]!
  await copyFile(slotDisk, keptDisk)
  const xml = withOrdinaryRam(own).replaceAll(dirname(slotDisk), folder)
  await libvirt.domains.save(domain, path, { xml, flags: ['running'] })
  return domainUuid
}

const withOrdinaryRam = (xml: string): string =>
  xml.replace(/memory-backend-file,id=base,size=(\d+)[^']*/, 'memory-backend-ram,id=base,size=$1')

const allocatedBytes = async (path: string) => (await stat(path)).blocks * 512
