import type { HsmException } from '@sanad/protocol/domain/hsm-exceptions'

/** The behaviours of behaviours.c that the server works around, and what an operator has to accept for each. */

export interface Behaviour {
  readonly name: string
  readonly accept?: readonly HsmException[]
}

const HISTORY: readonly HsmException[] = [
  'always-sensitive-unknown',
  'modifiable-unknown',
  'never-extractable-unknown',
]

/** With the whole suite of an HSM; in three files, so that they run side by side. */
export const WORKED_AROUND: readonly (readonly Behaviour[])[] = [
  [
    { name: 'no-copy,no-set' },
    { name: 'copy-fails' },
    { name: 'chooses-id' },
    { name: 'no-session-objects' },
    { name: 'few-attributes', accept: ['sign-recover-true'] },
    { name: 'no-data,no-destroy' },
    { name: 'set-is-ignored' },
  ],
  [
    { name: 'finds-one' },
    { name: 'searches-by-class' },
    { name: 'no-public-keys' },
    { name: 'hidden-modulus' },
    { name: 'padded-labels' },
    { name: 'unknown-attributes', accept: HISTORY },
    { name: 'unavailable-attributes', accept: HISTORY },
    { name: 'sensitive-attributes,no-copy', accept: HISTORY },
    { name: 'vendor-attributes', accept: HISTORY },
    { name: 'empty-attributes', accept: HISTORY },
  ],
  [
    { name: 'no-raw-rsa' },
    { name: 'raw-rsa-forbidden' },
    { name: 'wide-signatures' },
    { name: 'few-sessions' },
    { name: 'one-session' },
    { name: 'no-threads' },
    { name: 'unpadded' },
    { name: 'logged-in,no-extras' },
    // A smart card of the strict kind.
    {
      name: 'no-copy,no-set,no-data,finds-one,chooses-id,hidden-modulus,no-raw-rsa,one-session,no-threads',
    },
  ],
]
