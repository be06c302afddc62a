import { PROBLEMS, isProblemCode } from '@sanad/protocol/text/problems'

/** Why a follower took nothing, for people: a follower keeps a code and nothing more, since a message may hold anything. */

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing accepts connections at its address.',
  ECONNRESET: 'The connection was broken off.',
  ENOTFOUND: 'DNS does not know its name.',
  ETIMEDOUT: 'Its address does not answer.',
  TimeoutError: 'It did not take the events within 30 seconds.',
  CERT_HAS_EXPIRED: 'Its TLS certificate has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its TLS certificate is not trusted.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its TLS certificate is not trusted.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Its TLS certificate is not trusted.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its TLS certificate is for another name.',
}

export function failureSentence(code: string): string {
  if (isProblemCode(code)) return PROBLEMS[code].title
  const status = /^HTTP (\d{3})$/.exec(code)?.[1]
  if (status !== undefined) return `It answered with HTTP status ${status}.`
  return SENTENCES[code] ?? `It did not take the events (${code}).`
}
