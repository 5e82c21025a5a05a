import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import express from 'express'
import type { HttpApp } from '@bramble/kit'

const { resolve } = createRequire(import.meta.url)
const openapiPath = () => join(dirname(resolve('@bramble/contracts')), 'generated', 'openapi.json')
const swaggerPath = () => dirname(resolve('swagger-ui-dist/package.json'))

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Bramble API</title>
    <link rel="stylesheet" href="swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="swagger-ui-bundle.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`
const script = `SwaggerUIBundle({ url: '/v1/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null })\n`

/** The OpenAPI document, and Swagger UI on it: all from this host, so that it works without any network. */
export function serveDocs({ router }: HttpApp): void {
  router.get('/v1/openapi.json', async (_request, response) => {
    response.type('application/json').send(await readFile(openapiPath()))
  })
  const docs = express.Router({ strict: true })
  docs.get('/', (request, response) => {
    if (request.originalUrl.split('?', 1)[0]?.endsWith('/')) response.type('html').send(page)
    else response.redirect(301, '/docs/')
  })
  docs.get('/start.js', (_request, response) => void response.type('text/javascript').send(script))
  docs.use(express.static(swaggerPath(), { index: false }))
  router.use('/docs', docs)
}
