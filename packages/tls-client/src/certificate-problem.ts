import type { ProblemCode } from '@bramble/contracts'

export interface CertificateProblem {
  code: Extract<
    ProblemCode,
    'certificate_untrusted' | 'certificate_expired' | 'certificate_of_another' | 'not_encrypted'
  >
  /** A sentence. */
  detail: string
}

// Names of OpenSSL's verification errors (x509_vfy.h), as Node gives them; then Node's own, then OpenSSL's of the protocol.
const codes: Record<string, CertificateProblem['code']> = {
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate_untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate_untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate_untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate_untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate_untrusted',
  CERT_SIGNATURE_FAILURE: 'certificate_untrusted',
  CERT_UNTRUSTED: 'certificate_untrusted',
  CERT_REJECTED: 'certificate_untrusted',
  INVALID_CA: 'certificate_untrusted',
  INVALID_PURPOSE: 'certificate_untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate_of_another',
  HOSTNAME_MISMATCH: 'certificate_of_another',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not_encrypted',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not_encrypted',
}

/** What a connection failed by, when that was the certificate of who answers; undefined for all else. */
export function certificateProblemOf(error: unknown, url: string): CertificateProblem | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code: name = '', message = '', cause } = error as { code?: string; message?: string; cause?: unknown }
  const code = codes[name]
  if (code === undefined) return certificateProblemOf(cause, url)
  if (code === 'not_encrypted') return { code, detail: `What answers at ${url} does not speak TLS.` }
  return { code, detail: `The certificate shown at ${url} is not accepted: ${message.replace(/\.$/, '')}.` }
}
