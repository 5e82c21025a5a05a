// RabbitMQ's management API (https://www.rabbitmq.com/docs/http-api-reference), as far as the master needs it.
import { ProblemError } from '@bramble/kit'

export interface ManagementAccess {
  /** `http://host:15672` */
  managementUrl: string
  user: string
  password: string
}

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

export interface ManagementApi {
  /** The parts of the path are escaped here. Undefined where there is no such thing to get or to delete. */
  ask(method: Method, path: string[], body?: object): Promise<unknown>
}

const answerMs = 4000

export function createManagementApi({ managementUrl, user, password }: ManagementAccess): ManagementApi {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const base = managementUrl.replace(/\/$/, '')
  return {
    ask: async (method, path, body) => {
      const url = `${base}/api/${path.map(encodeURIComponent).join('/')}`
      const headers = { authorization, 'content-type': 'application/json' }
      const doing = `${method} ${path.join('/')}`
      const answer = await reach(doing, url, { method, headers, ...(body && { body: JSON.stringify(body) }) })
      if (answer.status === 404 && (method === 'GET' || method === 'DELETE')) return undefined
      if (answer.status >= 300) throw refused(doing, answer)
      return answer.text === '' ? undefined : (JSON.parse(answer.text) as unknown)
    },
  }
}

interface Answer {
  status: number
  text: string
}

async function reach(doing: string, url: string, request: RequestInit): Promise<Answer> {
  try {
    const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(answerMs) })
    return { status: answer.status, text: await answer.text() }
  } catch (cause) {
    throw new ProblemError('unavailable', `The broker's management API does not answer (${doing}).`, { cause })
  }
}

/** Its user or rights are wrong, or the broker is not up yet: neither is the caller's doing. */
const refused = (doing: string, { status, text }: Answer) =>
  new ProblemError('unavailable', `The broker's management API refused ${doing}.`, {
    cause: new Error(`status ${status}: ${text.slice(0, 200)}`),
  })
