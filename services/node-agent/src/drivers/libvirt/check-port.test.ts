import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { checkPort } from './check-port.ts'

const address = '127.0.0.1'

async function heldPort(protocol: 'tcp' | 'udp') {
  const server = protocol === 'tcp' ? createServer().listen(0, address) : createSocket('udp4').bind(0, address)
  await once(server, 'listening')
  return { port: (server.address() as { port: number }).port, close: () => server.close() }
}

describe.each(['tcp', 'udp'] as const)('a %s port', (protocol) => {
  it('is taken while somebody holds it, who is named, and free after', async () => {
    const { port, close } = await heldPort(protocol)
    const holder = expect.stringContaining(`(pid ${process.pid})`)
    expect(await checkPort({ address, port, protocol })).toEqual({ free: false, holder })
    close()
    expect(await checkPort({ address, port, protocol })).toEqual({ free: true })
  })

  it('of an address that is not of this host is unusable, not taken', async () => {
    const elsewhere = checkPort({ address: '192.0.2.1', port: 20_000, protocol })
    await expect(elsewhere).rejects.toMatchObject({
      code: 'port_unusable',
      message: expect.stringContaining('192.0.2.1'),
    })
  })
})
