import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sha256, testClient } from './test-client.ts'

const script = join(import.meta.dirname, 'registry-server.fixture.ts')

/** A registry in its own process. */
async function spawnRegistry(folder: string): Promise<{ process: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) return { process: child, url: line }
  throw new Error('the registry ended before it told its URL')
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

it('a killed registry goes on with the upload where it stood', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bramble-kill-'))
  let registry = await spawnRegistry(folder)
  const { ask, begin } = testClient(() => registry.url)
  try {
    const bytes = randomBytes(8 << 20)
    const location = await begin()
    await ask('PATCH', location, { body: bytes.subarray(0, 1 << 20) })
    await killWhileReceiving(registry.process, bytes.subarray(1 << 20), (body) => ask('PATCH', location, { body }))
    registry = await spawnRegistry(folder)

    const stands = Number((await ask('GET', location)).headers.get('range')?.split('-')[1]) + 1
    expect(stands).toBeGreaterThanOrEqual(1 << 20)
    expect(stands).toBeLessThan(bytes.length)
    const headers = { 'content-range': `${stands}-${bytes.length - 1}` }
    expect((await ask('PATCH', location, { body: bytes.subarray(stands), headers })).status).toBe(202)
    expect((await ask('PUT', `${location}?digest=${sha256(bytes)}`)).status).toBe(201)
    const pulled = await ask('GET', `/v2/bases/blobs/${sha256(bytes)}`)
    expect(sha256(new Uint8Array(await pulled.arrayBuffer()))).toBe(sha256(bytes))
  } finally {
    await kill(registry.process)
    await rm(folder, { recursive: true })
  }
}, 30_000)

/** Sends half of the bytes, kills the receiver, and lets the sender fail. */
async function killWhileReceiving(
  receiver: ChildProcess,
  bytes: Uint8Array,
  send: (body: ReadableStream) => Promise<unknown>,
): Promise<void> {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(bytes.subarray(0, bytes.length / 2))),
    pull: () => kill(receiver),
  })
  await expect(send(body)).rejects.toThrow()
}
