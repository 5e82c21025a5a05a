// Networks of namespaces: each network is a switch in a namespace of its own, where no packet filter of this machine looks,
// each host a namespace with an interface on one network or more. This machine is a host of each network too.
import { runProgram } from '@bramble/testkit'

export interface Lan extends AsyncDisposable {
  /** This machine's own interface on it, and its address. */
  device: string
  address: string
  /** Gives a host an interface on this network; returns its address. */
  attach(host: LanHost, device: string): Promise<string>
}

export interface LanHost extends AsyncDisposable {
  /** As of `ip netns`. */
  name: string
}

let made = 0

/** Needs root. */
export async function makeLan(): Promise<Lan> {
  const id = `${process.pid.toString(36)}${made++}`
  const network = `10.${100 + (process.pid % 100)}.${made + 10}`
  const nameOf = (at: number) => `v${id}-${at}`
  const lan = `bl-${id}`
  let ports = 0
  await ip('netns', 'add', lan)
  await ip('-n', lan, 'link', 'add', 'switch', 'type', 'bridge')
  await ip('-n', lan, 'link', 'set', 'switch', 'up')
  const plug = async (netns: string[], device: string) => {
    const port = `p${ports++}`
    await ip('-n', lan, 'link', 'add', port, 'type', 'veth', 'peer', 'name', device, ...netns)
    await ip('-n', lan, 'link', 'set', port, 'master', 'switch', 'up')
    return `${network}.${ports}`
  }
  const here = nameOf(0)
  const own = await plug(['netns', String(process.pid)], here)
  await ip('address', 'add', `${own}/24`, 'dev', here)
  await ip('link', 'set', here, 'up')
  return {
    ...{ device: here, address: own },
    attach: async ({ name }, device) => {
      const address = await plug(['netns', name], device)
      await ip('-n', name, 'address', 'add', `${address}/24`, 'dev', device)
      await ip('-n', name, 'link', 'set', device, 'up')
      return address
    },
    [Symbol.asyncDispose]: async () => {
      await ip('link', 'delete', here).catch(() => {})
      await ip('netns', 'delete', lan)
    },
  }
}

export async function makeLanHost(): Promise<LanHost> {
  const name = `bh-${process.pid.toString(36)}${made++}`
  await ip('netns', 'add', name)
  await ip('-n', name, 'link', 'set', 'lo', 'up')
  return { name, [Symbol.asyncDispose]: () => ip('netns', 'delete', name) }
}

/** What to run for a command to run on a host. */
export const on = ({ name }: LanHost, ...command: string[]): [string, ...string[]] => [
  'nsenter',
  `--net=/run/netns/${name}`,
  ...command,
]

async function ip(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await runProgram(['ip', ...args])
  if (exitCode !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
}
