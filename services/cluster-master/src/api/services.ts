import { Service, routes } from '@bramble/contracts'
import { etagOf, reply } from '@bramble/kit'
import { createService, findCreated } from '../app/create-service.ts'
import { deleteService } from '../app/delete-service.ts'
import { findDocument } from '../app/find-document.ts'
import { updateService } from '../app/update-service.ts'
import type { IdempotencyRecord } from '../store/store.ts'
import { listDocuments } from './list-documents.ts'
import type { Api } from './serve.ts'

const withTag = (service: Service) => reply(service, { etag: etagOf(service.revision) })

export function serveServices({ serve, master, answerOnce }: Api): void {
  serve(routes.services.list, ({ query }) =>
    listDocuments(master.store.collection('services'), query, (service) => service),
  )
  serve(routes.services.show, ({ params }) => withTag(findDocument(master.records.services, 'service', params.service)))
  serve(routes.services.create, async (call) => {
    const act = () => createService(master, call.body)
    const recall = async ({ answer, createdAt }: IdempotencyRecord) =>
      answer === undefined ? findCreated(master, call.body, createdAt) : Service.parse(answer)
    const service = await answerOnce(call, { route: routes.services.create, act, recall, keepsAnswer: true })
    return reply(service, { etag: etagOf(service.revision), location: `/v1/services/${service.id}` })
  })
  serve(routes.services.update, async ({ params, body, ifMatch }) =>
    withTag(await updateService(master, params.service, { patch: body, ifMatch })),
  )
  serve(routes.services.remove, ({ params }) => deleteService(master, params.service))
}
