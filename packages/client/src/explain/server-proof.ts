import type { DescribedDevice } from '../discovery/described-device.ts'
import type { Tolerated } from '../discovery/reading.ts'
import type { Proof } from './explanation.ts'

/**
 * What the management server will demand as proof. It stays strict where discovery is generous: it reads the chip's
 * digital ID by RFC 7515 and the eight members of MF §3, to the letter.
 */

export interface ProofFacts {
  readonly device: DescribedDevice
  readonly tolerated: readonly Tolerated[]
  /** Whether the digital ID in the device information is signed; undefined when it was not seen. */
  readonly isDigitalIdSigned: boolean | undefined
  /** Whether the chip's driver serves its link; undefined where the client has no configuration. */
  readonly hasChipLink: boolean | undefined
}

const given = (words: string): Proof => ({ state: 'given', words })
const missing = (words: string): Proof => ({ state: 'missing', words })
const later = (words: string): Proof => ({ state: 'later', words })

export function listProofs(facts: ProofFacts): Proof[] {
  return facts.device.level === 'L1' ? listChipProofs(facts) : listHostProofs(facts)
}

function listHostProofs({ device }: ProofFacts): Proof[] {
  return [
    ...waitFor(device, 'The provider approves make, model and serial number as they stand above.'),
    proveUse(device),
  ]
}

function listChipProofs({
  device,
  tolerated,
  isDigitalIdSigned,
  hasChipLink,
}: ProofFacts): Proof[] {
  const odd = tolerated.filter(
    ({ answer, field }) => answer === 'information' && /^digitalId(?:\.|$)/.test(field),
  )
  return [
    ...(hasChipLink === undefined ? [] : [proveLink(hasChipLink, device)]),
    isDigitalIdSigned === false
      ? missing('The digital ID is signed by the chip, registered or not; this one is not signed.')
      : odd.length > 0
        ? missing(
            `The digital ID that the chip signs is as specified; here ${listFields(odd)} is not.`,
          )
        : given('The digital ID is signed and as specified.'),
    ...waitFor(device, 'The provider approves the device, and the maker of its chip.'),
    proveUse(device),
  ]
}

const proveLink = (hasChipLink: boolean, { digitalId }: DescribedDevice): Proof =>
  hasChipLink
    ? given('The chip’s driver serves its link.')
    : missing(`The chip’s driver serves ${digitalId.serialNo}.sock in the folder for chips.`)

/** Not any more once a certificate was issued. */
const waitFor = ({ certificate }: DescribedDevice, words: string): Proof[] =>
  certificate === undefined ? [later(words)] : []

const proveUse = ({ certificate }: DescribedDevice): Proof =>
  certificate === undefined
    ? later('Once it is registered, MOSIPDINFO is signed under the certificate it was given.')
    : given('MOSIPDINFO is signed by a device key with a certificate.')

const listFields = (odd: readonly Tolerated[]): string =>
  [...new Set(odd.map(({ field }) => field))].join(', ')
