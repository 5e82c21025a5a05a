import { routes } from '@bramble/contracts'
import type { Node, NodeId, Principal } from '@bramble/contracts'
import { etagOf, ProblemError, reply } from '@bramble/kit'
import { approveNode } from '../app/approve-node.ts'
import { inspectNode } from '../app/ask-agent.ts'
import { drainNode } from '../app/drain-node.ts'
import { findDocument } from '../app/find-document.ts'
import { grantBroker } from '../app/grant-broker.ts'
import { renewCertificate } from '../app/renew-certificate.ts'
import { retireNode } from '../app/retire-node.ts'
import { undrainNode } from '../app/undrain-node.ts'
import { updateNode } from '../app/update-node.ts'
import { createNodeBytes } from '../fleet/node-bytes.ts'
import { projectNode } from '../fleet/project.ts'
import { callerOf } from './caller-of.ts'
import { listNodes } from './list-nodes.ts'
import type { Api } from './serve.ts'

export function serveNodes(api: Api): void {
  serveReads(api)
  serveActs(api)
  serveOwn(api)
}

function serveReads({ serve, master }: Api): void {
  const { records, fleet } = master
  const bytesOf = createNodeBytes(fleet)
  serve(routes.nodes.list, ({ query }) => listNodes(master, query, bytesOf))
  serve(routes.nodes.show, ({ params }) => projectNode(fleet, findDocument(records.nodes, 'node', params.node)))
  serve(routes.nodes.inspect, ({ params }) => inspectNode(master, params.node))
}

function serveActs({ serve, master }: Api): void {
  const show = (node: Node) => projectNode(master.fleet, node)
  serve(routes.nodes.update, async (call) => {
    const { params, body, ifMatch } = call
    const node = await updateNode(master, callerOf(call), { id: params.node, patch: body, ifMatch })
    return reply(show(node), { etag: etagOf(node.revision) })
  })
  serve(routes.nodes.approve, async (call) => show(await approveNode(master, callerOf(call), call.params.node)))
  serve(routes.nodes.undrain, async (call) => show(await undrainNode(master, callerOf(call), call.params.node)))
  serve(routes.nodes.drain, async (call) => {
    const { node, operations } = await drainNode(master, callerOf(call), { id: call.params.node, ...call.body })
    return { node: show(node), operations }
  })
  serve(routes.nodes.retire, async (call) =>
    show(await retireNode(master, callerOf(call), { id: call.params.node, ...call.body })),
  )
}

/** What a node does for itself. */
function serveOwn({ serve, master }: Api): void {
  serve(routes.nodes.broker, ({ params, principal }) => grantBroker(master, ownNode(params.node, principal)))
  serve(routes.nodes.certificate, (call) =>
    renewCertificate(master, callerOf(call), { id: ownNode(call.params.node, call.principal), ...call.body }),
  )
}

/** To a node there is no other. @throws `not_found` */
function ownNode(id: NodeId, { node }: Principal): NodeId {
  if (node !== id) throw new ProblemError('not_found', `The token is not that of a node ${id}.`)
  return id
}
