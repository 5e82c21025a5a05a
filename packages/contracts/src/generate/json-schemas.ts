import { DesiredDiscovery } from '../messages/desired-discovery.ts'
import { DesiredNode } from '../messages/desired-node.ts'
import { Fact } from '../messages/fact.ts'
import { ReportDiscovery } from '../messages/report-discovery.ts'
import { ReportNode } from '../messages/report-node.ts'
import { Declaration } from '../v1/applied-description.ts'
import { Base } from '../v1/base.ts'
import { Event } from '../v1/event.ts'
import { Instance } from '../v1/instance.ts'
import { Invitation } from '../v1/invitation.ts'
import { Node } from '../v1/node.ts'
import { Operation } from '../v1/operation.ts'
import { Overlay } from '../v1/overlay.ts'
import { Problem } from '../v1/problem.ts'
import { Service } from '../v1/service.ts'
import { Token } from '../v1/token.ts'
import { describeOutput } from './component-schemas.ts'
import type { JsonSchema } from './component-schemas.ts'

const nouns = { Base, Declaration, Event, Instance, Invitation, Node, Operation, Overlay, Problem, Service, Token }
const messages = { DesiredNode, ReportNode, DesiredDiscovery, ReportDiscovery, Fact }

/** The JSON Schemas of nouns and messages, by name. */
export const jsonSchemas = (): Record<string, JsonSchema> =>
  Object.fromEntries(
    Object.entries({ ...nouns, ...messages }).map(([name, schema]) => [
      name,
      { $id: `urn:bramble:schema:v1:${name}`, title: name, ...describeOutput(schema) },
    ]),
  )
