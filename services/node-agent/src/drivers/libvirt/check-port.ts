import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Protocol } from '@bramble/contracts'
import { describeError, ProblemError } from '@bramble/kit'

export interface HostPort {
  address: string
  port: number
  protocol: Protocol
}

/** Whether the port can be bound now, and who has it when it cannot. Rejects with port_unusable: nobody could bind it. */
export async function checkPort(port: HostPort): Promise<{ free: boolean; holder?: string }> {
  if (await canBind(port)) return { free: true }
  const holder = await findHolder(port)
  return holder === undefined ? { free: false } : { free: false, holder }
}

async function canBind(port: HostPort): Promise<boolean> {
  try {
    await (port.protocol === 'tcp' ? bindTcp(port) : bindUdp(port))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    const detail = `${port.address}, ${port.protocol} port ${port.port}: ${describeError(error)}`
    throw new ProblemError('port_unusable', detail, { cause: error })
  }
}

async function bindTcp({ address, port }: HostPort): Promise<void> {
  const server = createServer().listen({ host: address, port, exclusive: true })
  await once(server, 'listening').finally(() => server.close())
}

async function bindUdp({ address, port }: HostPort): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.bind({ address, port, exclusive: true })
  await once(socket, 'listening').finally(() => socket.close())
}

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
    if (await hasOpen(pid, inodes)) return nameOf(pid)
  }
  return undefined
}

/** It may end while it is looked at. */
async function nameOf(pid: string): Promise<string> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a program that ended')
  return `${name.trim()} (pid ${pid})`
}

async function hasOpen(pid: string, inodes: Set<string>): Promise<boolean> {
  const links = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const fd of links) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
    if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')) return true
  }
  return false
}
