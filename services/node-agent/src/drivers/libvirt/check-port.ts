import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Protocol } from '@bramble/contracts'

export interface HostPort {
  address: string
  port: number
  protocol: Protocol
}

/** Whether the port can be bound now, and who has it when it cannot. */
export async function checkPort(port: HostPort): Promise<{ free: boolean; holder?: string }> {
  if (await canBind(port)) return { free: true }
  const holder = await findHolder(port)
  return holder === undefined ? { free: false } : { free: false, holder }
}

async function canBind({ address, port, protocol }: HostPort): Promise<boolean> {
  if (protocol === 'tcp') {
    const server = createServer().listen({ host: address, port, exclusive: true })
    const bound = await settled(once(server, 'listening'))
    server.close()
    return bound
  }
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.bind({ address, port, exclusive: true })
  const bound = await settled(once(socket, 'listening'))
  socket.close()
  return bound
}

const settled = (event: Promise<unknown>): Promise<boolean> =>
  event.then(
    () => true,
    () => false,
  )

/** The kernel names a socket's owner only by its inode: look which process has it open. */
async function findHolder({ port, protocol }: HostPort): Promise<string | undefined> {
  const inodes = new Set<string>()
  for (const table of [`/proc/net/${protocol}`, `/proc/net/${protocol}6`]) {
    const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1)
    for (const fields of lines.map((line) => line.trim().split(/\s+/))) {
      if (parseInt(fields[1]?.split(':')[1] ?? '', 16) === port && fields[9] !== undefined) inodes.add(fields[9])
    }
  }
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (await hasOpen(pid, inodes)) return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (pid ${pid})`
  }
  return undefined
}

async function hasOpen(pid: string, inodes: Set<string>): Promise<boolean> {
  const links = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const fd of links) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
    if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')) return true
  }
  return false
}
