// RabbitMQ's management API (https://www.rabbitmq.com/docs/http-api-reference), as far as the master needs it. Each broker of
// a cluster has one, and all tell and do the same: the next one is asked where one is not reached. All that is asked may be
// done twice.
import { ProblemError } from '@bramble/kit'

export interface ManagementAccess {
  /** `http://host:15672`, of each broker. */
  managementUrls: readonly string[]
  user: string
  password: string
}

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

export interface ManagementApi {
  /** The parts of the path are escaped here. Undefined where there is no such thing to get or to delete. */
  ask(method: Method, path: string[], body?: object): Promise<unknown>
  /** All that there are, with nothing but what is asked for: there may be thousands. */
  list(path: string[], columns: string[]): Promise<unknown>
}

const answerMs = 4000

export function createManagementApi({ managementUrls, user, password }: ManagementAccess): ManagementApi {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const headers = { authorization, 'content-type': 'application/json' }
  const bases = managementUrls.map((url) => url.replace(/\/$/, ''))
  let at = 0

  const reachAny = async (doing: string, path: string, request: RequestInit): Promise<Answer> => {
    for (let left = bases.length; ; left -= 1) {
      const asked = at
      try {
        const answer = await reach(`${bases[asked]}/api/${path}`, { ...request, headers })
        // One that is starting answers, and cannot do it yet.
        if (answer.status < 500 || left === 1) return answer
      } catch (cause) {
        if (left === 1)
          throw new ProblemError('unavailable', `The broker's management API does not answer (${doing}).`, { cause })
      }
      if (at === asked) at = (at + 1) % bases.length
    }
  }
  const ask = async (method: Method, path: string, body?: object) => {
    const doing = `${method} ${path}`
    const answer = await reachAny(doing, path, { method, ...(body && { body: JSON.stringify(body) }) })
    if (answer.status === 404 && (method === 'GET' || method === 'DELETE')) return undefined
    if (answer.status >= 300) throw refused(doing, answer)
    return answer.text === '' ? undefined : (JSON.parse(answer.text) as unknown)
  }
  return {
    ask: (method, path, body) => ask(method, escaped(path), body),
    list: (path, columns) => ask('GET', `${escaped(path)}?disable_stats=true&columns=${columns.join(',')}`),
  }
}

const escaped = (path: string[]) => path.map(encodeURIComponent).join('/')

interface Answer {
  status: number
  text: string
}

async function reach(url: string, request: RequestInit): Promise<Answer> {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(answerMs) })
  return { status: answer.status, text: await answer.text() }
}

/** Its user or rights are wrong, or the broker is not up yet: neither is the caller's doing. */
const refused = (doing: string, { status, text }: Answer) =>
  new ProblemError('unavailable', `The broker's management API refused ${doing}.`, {
    cause: new Error(`status ${status}: ${text.slice(0, 200)}`),
  })
