import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** A try that hangs is given up: what forwards accepts before the guest listens. */
const tryMs = 500
const pauseMs = 5

/** The guest's answer to GET, over a connection of its own as a new client has one; tried until it is a 200. */
export async function askGuest(url: string, timeoutMs: number, patienceMs = tryMs): Promise<string> {
  for (const deadline = performance.now() + timeoutMs; ; await sleep(pauseMs)) {
    const answer = await ask(url, patienceMs).catch(() => undefined)
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`${url} did not answer within ${timeoutMs} ms`)
  }
}

function ask(url: string, patienceMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const asked = request(url, { agent: false, signal: AbortSignal.timeout(patienceMs) }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (more: string) => (text += more))
    response.on('error', reject)
    response.on('end', () =>
      response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode}`)),
    )
  })
  asked.on('error', reject)
  asked.end()
  return promise
}
