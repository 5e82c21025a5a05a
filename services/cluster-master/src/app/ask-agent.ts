import { agentRoutes, canInstance, ExecResult } from '@bramble/contracts'
import type { ExecRequest, InstanceAct, NodeId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { projectInstance } from '../fleet/project.ts'
import type { Master } from '../master.ts'
import { findDocument } from './find-document.ts'

/** How much longer than the command itself its answer may take. */
const slackMs = 5000

/** Runs a command in the guest. @throws `agent_unreachable`, `wrong_state`, or what the agent answered */
export async function execInInstance(master: Master, nameOrId: string, request: ExecRequest): Promise<ExecResult> {
  const answer = await master.agents.ask({
    ...locate(master, nameOrId, 'exec'),
    route: agentRoutes.exec,
    body: request,
    timeoutMs: request.timeoutSeconds * 1000 + slackMs,
  })
  return ExecResult.parse(JSON.parse(answer))
}

/** The end of the guest's serial console. */
export async function readConsole(master: Master, nameOrId: string, tailBytes: number): Promise<string> {
  return master.agents.ask({
    ...locate(master, nameOrId, 'readConsole'),
    route: agentRoutes.console,
    query: { tailBytes },
    timeoutMs: master.config.agent.timeoutSeconds * 1000,
  })
}

function locate(master: Master, nameOrId: string, act: InstanceAct) {
  const stored = findDocument(master.records.instances, 'instance', nameOrId)
  const { id, name, node, status } = projectInstance(master.fleet, stored)
  if (!canInstance(act, status.phase)) throw new ProblemError('wrong_state', `The instance ${name} is ${status.phase}.`)
  const listenerUrl = master.records.nodes.get(node)?.host?.listenerUrl
  if (listenerUrl === undefined)
    throw new ProblemError('agent_unreachable', `The node ${node} has not told where it listens.`)
  if (listenerUrl === '') throw noListener(node)
  return { node, listenerUrl, instance: id }
}

const noListener = (node: NodeId) =>
  new ProblemError('wrong_state', `The node ${node} has neither consoles nor commands: its agent has no listener.`, {
    hint: 'Use an instance of another node; those of a simulated fleet have none.',
  })
