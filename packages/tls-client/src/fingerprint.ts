import { X509Certificate } from 'node:crypto'

/** SHA-256 of a certificate (DER), hexadecimal. */
export const fingerprintOf = (certificate: string | X509Certificate): string =>
  new X509Certificate(typeof certificate === 'string' ? certificate : certificate.raw).fingerprint256
    .replaceAll(':', '')
    .toLowerCase()

/** So many digits are enough: nobody makes a second certificate that begins with 128 given bits. */
const leastDigits = 32
const pattern = /^[0-9a-f]+$/

/** A fingerprint as people and tools write it, `AB:CD:...`; undefined for what is none, or too short to prove anything. */
export function readFingerprint(text: string): string | undefined {
  const digits = text
    .replace(/^sha-?256[:=]/i, '')
    .replace(/[:\s]/g, '')
    .toLowerCase()
  return digits.length >= leastDigits && digits.length <= 64 && pattern.test(digits) ? digits : undefined
}
