// Calls of an agent's own listener: consoles, commands, inspection, which never ride the bus. One connection per call: a
// node that was replaced meanwhile is not spoken to over the connection of the one before.
import { request as httpRequest } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { nodeServerName, Problem } from '@bramble/contracts'
import type { NodeId, Route } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'

/** How the master and an agent prove to each other who they are. */
export type AgentTrust =
  /** A key that both know: where they are one process. */
  | { kind: 'key'; keyOf: (node: NodeId) => string }
  /** PEM texts of the master's own; an agent shows a certificate of `ca` for its name. */
  | { kind: 'certificate'; key: string; certificate: string; ca: string }

export interface AgentCall {
  node: NodeId
  listenerUrl: string
  route: Route
  params?: Record<string, string>
  query?: Record<string, string | number>
  body?: unknown
  timeoutMs: number
}

export interface AgentClient {
  /** The text of the answer. @throws `agent_unreachable`, `agent_timeout`, or the problem that the agent answered */
  ask(call: AgentCall): Promise<string>
}

export function createAgentClient(trust: AgentTrust): AgentClient {
  return {
    ask: async (call) => {
      const late = AbortSignal.timeout(call.timeoutMs)
      const { status, body } = await send(call, trust, late).catch((cause: unknown) => {
        throw late.aborted ? timedOut(call, cause) : unreachable(call, cause)
      })
      if (status >= 200 && status < 300) return body
      throw problemOf(call, status, body)
    },
  }
}

const timedOut = ({ node, timeoutMs }: AgentCall, cause: unknown) =>
  new ProblemError('agent_timeout', `The agent of ${node} gave no answer within ${timeoutMs} ms.`, { cause })

const unreachable = ({ node }: AgentCall, cause: unknown) =>
  new ProblemError('agent_unreachable', `The agent of ${node} cannot be reached.`, { cause })

// Not fetch(): that gives up on an answer that takes more than five minutes to begin.
async function send(
  call: AgentCall,
  trust: AgentTrust,
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  const url = urlOf(call)
  const json = call.body === undefined ? undefined : JSON.stringify(call.body)
  const options: RequestOptions = {
    method: call.route.method.toUpperCase(),
    signal,
    agent: false,
    headers: { ...authorizationFor(call.node, trust), ...(json && { 'content-type': 'application/json' }) },
  }
  const request =
    trust.kind === 'key' ? httpRequest(url, options) : httpsRequest(url, { ...options, ...tlsFor(call.node, trust) })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject)
  })
  request.end(json)
  const answer = await response
  return { status: answer.statusCode ?? 0, body: await text(answer) }
}

const authorizationFor = (node: NodeId, trust: AgentTrust) =>
  trust.kind === 'key' ? { authorization: `Bearer ${trust.keyOf(node)}` } : {}

const tlsFor = (node: NodeId, { key, certificate, ca }: Extract<AgentTrust, { kind: 'certificate' }>) => ({
  key,
  cert: certificate,
  ca,
  servername: nodeServerName(node),
  minVersion: 'TLSv1.3' as const,
})

function urlOf({ listenerUrl, route, params = {}, query }: AgentCall): URL {
  const path = route.path.replace(/:([a-z]+)/gi, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const url = new URL(path, listenerUrl)
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
