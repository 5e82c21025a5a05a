// Whether the API speaks TLS, and what settings would have tokens travel in plain text without saying so.
import { isLoopback, isPlainBeyondLoopback, splitUrls, wholeUrl } from '@bramble/contracts'
import type { HttpSettings } from './http-settings.ts'

export interface Reached {
  http: Pick<HttpSettings, 'host' | 'tls' | 'allowPlain'>
  /** Of several masters joined by commas. */
  publicUrl?: string | undefined
}

export interface TlsMistake {
  path: string[]
  message: string
}

/** `auto`: as soon as others than this host are to reach it. */
export function speaksTls({ http, publicUrl }: Reached): boolean {
  if (http.tls !== 'auto') return http.tls === 'on'
  const isPublic = (url: string) => !isLoopback(new URL(wholeUrl(url)).hostname)
  return urlsOf(publicUrl).some(isPublic) || (!isLoopback(http.host) && !http.allowPlain)
}

/** Where clients reach it; `//host:port` takes the scheme that it speaks. */
export function publicUrlOf({ http, publicUrl }: Reached): string | undefined {
  const scheme = speaksTls({ http, publicUrl }) ? 'https' : 'http'
  const urls = urlsOf(publicUrl).map((url) => (url.startsWith('//') ? `${scheme}:${url}` : url))
  return urls.length > 0 ? urls.join(',') : undefined
}

const urlsOf = (publicUrl: string | undefined) => (publicUrl === undefined ? [] : splitUrls(publicUrl))

export function tlsMistakeOf(reached: Reached): TlsMistake | undefined {
  const { http } = reached
  const urls = urlsOf(publicUrlOf(reached))
  const hasTls = speaksTls(reached)
  if (hasTls && urls.some((url) => url.startsWith('http:')))
    return { path: ['publicUrl'], message: 'says http://, and the API speaks TLS there: write https://, or //' }
  if (hasTls || http.allowPlain) return undefined
  if (isLoopback(http.host) && !urls.some((url) => isPlainBeyondLoopback(url))) return undefined
  return {
    path: ['http', 'tls'],
    message:
      'is off where others than this host reach the API: tokens could be read on the way. ' +
      'Leave it out, or say http.allowPlain: true when the network is yours alone',
  }
}
