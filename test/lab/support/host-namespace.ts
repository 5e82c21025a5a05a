// A network namespace that stands for another host: an address and a default route of its own (Debian 12's passt wants
// one), reachable from here through a pair of virtual Ethernet devices.
import { runProgram } from '@bramble/testkit'

export interface HostNamespace extends AsyncDisposable {
  /** As of `ip netns`. */
  name: string
  address: string
}

/** Needs root. */
export async function makeHostNamespace(): Promise<HostNamespace> {
  const { pid } = process
  const [name, outer, inner] = [`bramble-${pid}`, `bo${pid}`, `bi${pid}`]
  const network = `10.${100 + (pid % 100)}.${(pid >> 8) % 256}`
  const address = `${network}.2`
  await ip('netns', 'add', name)
  const remove = async () => {
    await ip('link', 'delete', outer).catch(() => {})
    await ip('netns', 'delete', name)
  }
  try {
    await ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name)
    await ip('address', 'add', `${network}.1/24`, 'dev', outer)
    await ip('link', 'set', outer, 'up')
    await ip('-n', name, 'link', 'set', 'lo', 'up')
    await ip('-n', name, 'address', 'add', `${address}/24`, 'dev', inner)
    await ip('-n', name, 'link', 'set', inner, 'up')
    await ip('-n', name, 'route', 'add', 'default', 'via', `${network}.1`)
  } catch (error) {
    await remove()
    throw error
  }
  return { name, address, [Symbol.asyncDispose]: remove }
}

async function ip(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await runProgram(['ip', ...args])
  if (exitCode !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
}
