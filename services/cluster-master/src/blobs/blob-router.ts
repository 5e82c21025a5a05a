// `/v2`: pulling and pushing of the OCI distribution specification 1.1, for the nodes' agents and for any client of
// OCI registries. Not yet: tags, mount, referrers, delete; each is answered UNSUPPORTED.
import express from 'express'
import type { ErrorRequestHandler, RequestHandler, Router } from 'express'
import type { Role } from '@bramble/contracts'
import { asProblemError, ProblemError, traceOf } from '@bramble/kit'
import type { Authenticate } from '@bramble/kit'
import type { BlobStore } from './blob-store.ts'
import { RegistryError, toRegistryError } from './registry-error.ts'
import { serveManifests } from './serve-manifests.ts'
import { servePulls } from './serve-pulls.ts'
import { serveUploads } from './serve-uploads.ts'

const pushers: Role[] = ['admin', 'operator', 'node']
const pullers: Role[] = [...pushers, 'researcher']

export interface BlobRouterOptions {
  store: BlobStore
  authenticate: Authenticate
}

/** To be mounted at `/v2` of an app that `createHttpApp` made. */
export function createBlobRouter({ store, authenticate }: BlobRouterOptions): Router {
  const router = express.Router({ caseSensitive: true })
  router.use(admit(authenticate))
  router.get('/', (_request, response) => void response.json({}))
  serveUploads(router, store)
  servePulls(router, store)
  serveManifests(router, store)
  router.use(refuseTheRest, answerErrors)
  return router
}

function admit(authenticate: Authenticate): RequestHandler {
  return async (request, response, next) => {
    const isPull = request.method === 'GET' || request.method === 'HEAD'
    const trace = traceOf(response)
    trace.route = isPull ? 'blobs.pull' : 'blobs.push'
    response.set('Docker-Distribution-API-Version', 'registry/2.0')
    const principal = await authenticate(request)
    if (!principal) throw new ProblemError('unauthenticated', 'Blobs need a token.')
    trace.principal = principal
    const roles = isPull ? pullers : pushers
    if (!principal.roles.some((role) => roles.includes(role))) {
      throw new ProblemError('forbidden', `One of the roles ${roles.join(', ')} may do this.`)
    }
    next()
  }
}

const refuseTheRest: RequestHandler = (request) => {
  const known = /^\/(bases|overlays|disks)\/(tags|referrers|manifests|blobs)\//.test(request.path)
  if (known) throw new RegistryError('UNSUPPORTED', `${request.method} of this is not supported.`)
  throw new RegistryError('NAME_UNKNOWN', 'There is no such repository.')
}

const answerErrors: ErrorRequestHandler = (error, request, response, _next) => {
  // The caller went away while sending; what it sent is kept where it can go on.
  if (request.destroyed && !request.complete) return
  const { status, body } = toRegistryError(error)
  if (status >= 500) traceOf(response).failure = asProblemError(error).cause ?? error
  if (response.headersSent) return void response.destroy()
  if (status === 401) response.set('WWW-Authenticate', 'Bearer realm="bramble",service="bramble"')
  // The rest of a body that was refused is not read.
  if (!request.complete) response.set('Connection', 'close')
  response.removeHeader('Content-Length')
  response.status(status).json(body)
}
