import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTempFolder } from '@bramble/testkit'
import type { ListPage } from './read-pages.ts'

export interface Peer extends AsyncDisposable {
  url: string
  pid: number
}

const main = join(import.meta.dirname, 'peer.ts')

export async function startPeer(pages: readonly ListPage[]): Promise<Peer> {
  await using folder = await makeTempFolder()
  const path = join(folder.path, 'pages.json')
  await writeFile(path, JSON.stringify(pages))
  const child = spawn(process.execPath, [main, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  const stop = async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  return { url: `http://127.0.0.1:${Number(port)}`, pid: child.pid!, [Symbol.asyncDispose]: stop }
}
