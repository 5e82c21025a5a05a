// What only this host reaches is spoken to in plain text, what others reach over TLS. One rule for the API, the broker and
// whoever calls them.

/** Of a URL or an address: whether nobody but this host is reached, or reaches it, there. */
export const isLoopback = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare)
}

export interface Schemes {
  plain: string
  secure: string
}
export const httpSchemes: Schemes = { plain: 'http', secure: 'https' }
export const amqpSchemes: Schemes = { plain: 'amqp', secure: 'amqps' }

/** `//10.0.0.1:8080`, an address that leaves its scheme to the rule, as a whole URL; others as they are. */
export const wholeUrl = (url: string, { plain, secure }: Schemes = httpSchemes): string => {
  if (!url.startsWith('//')) return url
  return `${isLoopback(new URL(`http:${url}`).hostname) ? plain : secure}:${url}`
}

/** Several masters on one store are joined by commas. */
export const splitUrls = (urls: string): string[] => urls.split(',').map((url) => url.trim())

/** Whether a password in what is sent there could be read on the way. */
export const isPlainBeyondLoopback = (url: string, { plain }: Schemes = httpSchemes): boolean => {
  const { protocol, hostname } = new URL(url)
  return protocol === `${plain}:` && !isLoopback(hostname)
}
