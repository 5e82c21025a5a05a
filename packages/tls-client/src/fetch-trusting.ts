// `fetch` with trust of one's own. Node's takes none, so undici, of which Node's is a copy, is asked itself: read when the
// first call over TLS needs it, since most programs never do.
import type { Trust } from './trust.ts'
import { tlsOptionsOf } from './trust.ts'

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/** Asked at each new connection, so that a certificate may be renewed meanwhile. */
export type TrustSource = () => Trust | undefined

/** Connections are kept for as long as the trust is the same; without any it is Node's own `fetch`. */
export function fetchTrusting(trustNow: TrustSource): Fetch {
  let kept: { trust: Trust; fetch: Promise<Fetch> } | undefined
  return async (url, init) => {
    const trust = trustNow()
    if (!trust || new URL(url).protocol !== 'https:') return fetch(url, init)
    if (!kept || !isSame(kept.trust, trust)) kept = { trust, fetch: undiciTrusting(trust) }
    return (await kept.fetch)(url, init)
  }
}

async function undiciTrusting(trust: Trust): Promise<Fetch> {
  const { Agent, fetch: undiciFetch } = await import('undici')
  const dispatcher = new Agent({ connect: tlsOptionsOf(trust) })
  return (url, init) =>
    undiciFetch(url, { ...(init as Parameters<typeof undiciFetch>[1]), dispatcher }) as unknown as Promise<Response>
}

const isSame = (a: Trust, b: Trust): boolean =>
  a.ca === b.ca &&
  a.serverName === b.serverName &&
  a.own?.certificate === b.own?.certificate &&
  a.own?.key === b.own?.key
