/**
 * What an operator may accept of a token that cannot show the whole proof of a key. Each stands in the
 * configuration (`hsm.accept`) and on record. Never accepted: a key that is not sensitive, is extractable or
 * was made elsewhere, or that the token gave away when asked.
 */
export const HSM_EXCEPTIONS = [
  // The token does not know the attribute, or does not tell it.
  'always-sensitive-unknown',
  'never-extractable-unknown',
  'local-unknown',
  'modifiable-unknown',
  'sign-unknown',
  'decrypt-unknown',
  'unwrap-unknown',
  // The token sets the attribute whatever it is asked for.
  'modifiable-true',
  'decrypt-true',
  'unwrap-true',
  'sign-recover-true',
  'derive-true',
] as const

export type HsmException = (typeof HSM_EXCEPTIONS)[number]
