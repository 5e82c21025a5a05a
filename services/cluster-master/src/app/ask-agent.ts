import { agentRoutes, canInstance, ExecResult, Inspection } from '@bramble/contracts'
import type { ExecRequest, InstanceAct, NodeId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { projectInstance } from '../fleet/project.ts'
import type { Master } from '../master.ts'
import { findDocument } from './find-document.ts'

/** How much longer than the command itself its answer may take. */
const slackMs = 5000

/** Runs a command in the guest. @throws `agent_unreachable`, `agent_timeout`, `wrong_state`, or what the agent answered */
export async function execInInstance(master: Master, nameOrId: string, request: ExecRequest): Promise<ExecResult> {
  const answer = await master.agents.ask({
    ...locateInstance(master, nameOrId, 'exec'),
    route: agentRoutes.exec,
    body: request,
    timeoutMs: request.timeoutSeconds * 1000 + slackMs,
  })
  return ExecResult.parse(JSON.parse(answer))
}

/** The end of the guest's serial console, or of the hypervisor's log of it. */
export async function readTail(master: Master, which: 'console' | 'logs', nameOrId: string, tailBytes: number) {
  return master.agents.ask({
    ...locateInstance(master, nameOrId, 'readConsole'),
    route: agentRoutes[which],
    query: { tailBytes },
    timeoutMs: timeoutMsOf(master),
  })
}

/** A node from inside. */
export async function inspectNode(master: Master, id: NodeId): Promise<Inspection> {
  findDocument(master.records.nodes, 'node', id)
  const answer = await master.agents.ask({
    ...locateNode(master, id),
    route: agentRoutes.inspection,
    timeoutMs: timeoutMsOf(master),
  })
  return Inspection.parse(JSON.parse(answer))
}

const timeoutMsOf = ({ config }: Master) => config.agent.timeoutSeconds * 1000

function locateInstance(master: Master, nameOrId: string, act: InstanceAct) {
  const stored = findDocument(master.records.instances, 'instance', nameOrId)
  const { id, name, node, status } = projectInstance(master.fleet, stored)
  if (!canInstance(act, status.phase)) throw new ProblemError('wrong_state', `The instance ${name} is ${status.phase}.`)
  return { ...locateNode(master, node), params: { instance: id } }
}

function locateNode({ records }: Master, node: NodeId) {
  const listenerUrl = records.nodes.get(node)?.host?.listenerUrl
  if (listenerUrl === undefined)
    throw new ProblemError('agent_unreachable', `The node ${node} has not told where it listens.`)
  if (listenerUrl === '') throw noListener(node)
  return { node, listenerUrl }
}

const noListener = (node: NodeId) =>
  new ProblemError('wrong_state', `The agent of ${node} has no listener: it gives no consoles and runs no commands.`, {
    hint: 'Use an instance of another node; those of a simulated fleet have none.',
  })
