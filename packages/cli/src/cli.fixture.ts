import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

// The CLI as a process, and masters for it to speak to.

const main = join(import.meta.dirname, 'main.ts')

/** A master that answers every call with the same. */
export const answering = async (answer: (request: IncomingMessage) => [number, unknown]) => {
  const server = createServer((request, response) => {
    const [status, body] = answer(request)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.dispose]: () => server.close() }
}

export const bramble = (
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, BRAMBLE_CONFIG: '/nonexistent', ...env },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data))
    child.stderr.on('data', (data: Buffer) => (err += data))
    child.on('close', (code) => resolve({ code, out, err }))
    child.stdin.end('secret-token\n')
  })
