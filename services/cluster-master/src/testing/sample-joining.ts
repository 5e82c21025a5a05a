import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FleetName, NodeId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { NodeAccess } from '../app/node-access.ts'
import { openIdentity } from '../identity/open-identity.ts'
import { generateHostKeys, makeRequest } from '../identity/request-fixture.ts'
import type { Joining } from '../join/joining.ts'

export interface SampleAccess extends NodeAccess {
  /** Passwords of the users that there are. */
  passwords: Map<NodeId, string>
  fleetPasswords: Map<FleetName, string>
  /** As if the broker were down. */
  isDown: boolean
}

function sampleAccess(): SampleAccess {
  let grants = 0
  const demand = () => {
    if (access.isDown) throw new ProblemError('unavailable', 'The broker is down.')
  }
  const access: SampleAccess = {
    passwords: new Map(),
    fleetPasswords: new Map(),
    isDown: false,
    grant: async (node) => {
      demand()
      const password = `password-${(grants += 1)}`
      access.passwords.set(node, password)
      return { user: `node.${node}`, password }
    },
    grantInFleet: async (_node, fleet) => {
      demand()
      const password = access.fleetPasswords.get(fleet) ?? `password-${(grants += 1)}`
      access.fleetPasswords.set(fleet, password)
      return { user: `fleet.${fleet}`, password }
    },
    revokeFleet: async (fleet) => {
      demand()
      access.fleetPasswords.delete(fleet)
    },
    revoke: async (node) => {
      demand()
      access.passwords.delete(node)
    },
  }
  return access
}

export interface SampleJoining extends Joining {
  access: SampleAccess
  remove(): Promise<void>
}

/** A CA in a folder of its own, and a broker that only remembers whom it lets in. */
export async function sampleJoining(): Promise<SampleJoining> {
  const folder = await mkdtemp(join(tmpdir(), 'bramble-joining-'))
  return {
    identity: await openIdentity(folder),
    access: sampleAccess(),
    brokerUrls: ['amqp://127.0.0.1:5672'],
    masterUrl: 'http://192.0.2.1:8080',
    remove: () => rm(folder, { recursive: true }),
  }
}

/** A host that wants to join: what it sends besides its token. */
export async function sampleHostRequest(): Promise<string> {
  return makeRequest({ keys: await generateHostKeys() })
}
