// The peer: node:http alone, in a process of its own, with what it serves in memory from the start. Its one argument is a
// file with the pages; it says the port that it got.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ListPage } from './read-pages.ts'

const pages = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ListPage[]
const bodies = new Map(pages.map(({ path, body }) => [path, Buffer.from(body)]))

const server = createServer((request, response) => {
  const body = bodies.get(request.url!)!
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
  response.end(body)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
