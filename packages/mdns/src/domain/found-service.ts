import { instancesOf } from './browser.ts'
import type { BrowserState } from './browser.ts'
import { lookUp } from './cache.ts'
import { readTexts, typeName } from './service.ts'

/** A service of another host, of which everything is known that it takes to reach it. */
export interface FoundService {
  type: string
  label: string
  addresses: string[]
  port: number
  txt: Record<string, string>
  firstMs: number
  /** When its host and port were last told of. */
  heardMs: number
}

/** In the order of their names. */
export function foundServices(state: BrowserState, type: string): FoundService[] {
  return instancesOf(state, type)
    .flatMap(({ record: { data: name }, firstMs }): FoundService[] => {
      const srv = newest(lookUp(state.cache, name, 'SRV'))
      const txt = newest(lookUp(state.cache, name, 'TXT'))
      const addresses = srv ? lookUp(state.cache, srv.record.data.target, 'A').map(({ record }) => record.data) : []
      if (!srv || !txt || addresses.length === 0) return []
      const label = labelOf(name, type)
      const { port } = srv.record.data
      const told = { txt: readTexts(txt.record.data), firstMs, heardMs: srv.heardMs }
      return [{ type, label, addresses: addresses.toSorted(), port, ...told }]
    })
    .toSorted((a, b) => (a.label < b.label ? -1 : 1))
}

const newest = <T extends { heardMs: number }>(held: readonly T[]): T | undefined =>
  held.toSorted((a, b) => b.heardMs - a.heardMs)[0]

const labelOf = (name: string, type: string): string => name.slice(0, -`.${typeName(type)}`.length)
