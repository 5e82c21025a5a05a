// Calls of an agent's own listener: consoles and commands, which never ride the bus.
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { Problem } from '@bramble/contracts'
import type { InstanceId, NodeId, Route } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'

export interface AgentCall {
  node: NodeId
  listenerUrl: string
  route: Route
  instance: InstanceId
  query?: Record<string, string | number>
  body?: unknown
  timeoutMs: number
}

export interface AgentClient {
  /** The text of the answer. @throws `agent_unreachable`, or the problem that the agent answered */
  ask(call: AgentCall): Promise<string>
}

/** `keyOf` is the key that the master shares with a node. */
export function createAgentClient(keyOf: (node: NodeId) => string): AgentClient {
  return {
    ask: async (call) => {
      const { status, body } = await send(call, keyOf(call.node)).catch((cause: unknown) => {
        throw new ProblemError('agent_unreachable', `The agent of ${call.node} does not answer.`, { cause })
      })
      if (status >= 200 && status < 300) return body
      throw problemOf(call, status, body)
    },
  }
}

// Not fetch(): that gives up on an answer that takes more than five minutes to begin.
async function send(call: AgentCall, key: string): Promise<{ status: number; body: string }> {
  const url = urlOf(call)
  const json = call.body === undefined ? undefined : JSON.stringify(call.body)
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method: call.route.method.toUpperCase(),
    signal: AbortSignal.timeout(call.timeoutMs),
    headers: { authorization: `Bearer ${key}`, ...(json && { 'content-type': 'application/json' }) },
  })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject)
  })
  request.end(json)
  const answer = await response
  return { status: answer.statusCode ?? 0, body: await text(answer) }
}

function urlOf({ listenerUrl, route, instance, query }: AgentCall): URL {
  const url = new URL(route.path.replace(':instance', instance), listenerUrl)
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value))
  return url
}

function problemOf({ node }: AgentCall, status: number, body: string): ProblemError {
  const problem = Problem.safeParse(parseJson(body)).data
  // The key is ours, not the caller's: that the agent refuses it is no fault of the caller.
  if (!problem || status === 401 || status === 403)
    return new ProblemError('agent_unreachable', `The agent of ${node} answered with status ${status}.`)
  return new ProblemError(problem.code, problem.detail, { hint: problem.hint, errors: problem.errors })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
