import { once } from 'node:events'
import { connect } from 'node:net'

export async function acceptsConnections(port: number, address: string): Promise<boolean> {
  const socket = connect(port, address)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
