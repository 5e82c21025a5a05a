import { routes } from '@bramble/contracts'
import { execInInstance, readTail } from '../app/ask-agent.ts'
import { deleteInstance } from '../app/delete-instance.ts'
import { launchInstance } from '../app/launch-instance.ts'
import { showInstance } from '../app/show-instance.ts'
import { projectInstance } from '../fleet/project.ts'
import { listDocuments } from './list-documents.ts'
import { acceptOnce } from './serve.ts'
import type { Api } from './serve.ts'

export function serveInstances(api: Api): void {
  const { serve, master } = api
  serve(routes.instances.list, ({ query }) =>
    listDocuments(master.store.collection('instances'), query, (it) => projectInstance(master.fleet, it)),
  )
  serve(routes.instances.show, ({ params }) => showInstance(master, params.instance))
  serve(
    routes.instances.launch,
    acceptOnce(api, routes.instances.launch, (caller, { body }) => launchInstance(master, caller, body)),
  )
  serve(
    routes.instances.remove,
    acceptOnce(api, routes.instances.remove, (caller, { params }) => deleteInstance(master, caller, params.instance)),
  )
  serve(routes.instances.console, ({ params, query }) => readTail(master, 'console', params.instance, query.tailBytes))
  serve(routes.instances.logs, ({ params, query }) => readTail(master, 'logs', params.instance, query.tailBytes))
  serve(routes.instances.exec, ({ params, body }) => execInInstance(master, params.instance, body))
}
