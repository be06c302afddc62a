import { isAbsolute } from 'node:path'
import { HSM_EXCEPTIONS, type HsmException } from '@sanad/protocol/domain/hsm-exceptions'
import { LONGEST_CERTIFICATE_DAYS } from '@sanad/protocol/operator-api/policies'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * What CMVP certifies about the HSM, as an operator wrote it down.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 6: keys in an HSM of FIPS 140-2 Level 3.
 * FIPS 140-2 certificates moved to the historical list in September 2026, so FIPS 140-3 counts as well.
 */
export interface FipsCertificate {
  /** The CMVP certificate number. */
  readonly number: string
  readonly standard: 'FIPS 140-2' | 'FIPS 140-3'
  readonly level: 3 | 4
  /** The module’s name on the certificate. */
  readonly moduleName: string
  /** When given, the firmware that the token reports must be this one. */
  readonly firmwareVersion?: string
  /** The day somebody looked the certificate up, `YYYY-MM-DD`. */
  readonly checkedOn?: string
}

export interface HsmLimits {
  /** Requests that may wait; the next is refused with `hsm.overloaded`. */
  readonly queue: number
  /** How long a request may wait until the agent takes it. */
  readonly deadlineMs: number
  /** How long the agent may be silent on one signature before it is killed. */
  readonly callMs: number
  /** How long it may take to make one key. */
  readonly keyGenerationMs: number
  /** How long the agent may take from its start to a logged-in token. */
  readonly startMs: number
  /** Between two checks of an idle agent. */
  readonly keepAliveMs: number
  /** Device errors in a row after which the circuit opens. */
  readonly faults: number
  /** First and longest pause of an open circuit. */
  readonly backoffMs: readonly [first: number, longest: number]
}

export const DEFAULT_LIMITS: HsmLimits = {
  queue: 2000,
  deadlineMs: 15_000,
  callMs: 8_000,
  keyGenerationMs: 180_000,
  startMs: 20_000,
  keepAliveMs: 10_000,
  faults: 3,
  backoffMs: [500, 30_000],
}

export interface HsmConfig {
  /** Absolute path of the vendor’s PKCS#11 library. */
  readonly module: string
  /** CKA_LABEL of the token; the slot is found by it, because slot numbers move. */
  readonly tokenLabel: string
  /** Which of several tokens with this label. */
  readonly tokenSerialNumber?: string
  /** Holds the user PIN; mode 0600 and of this user, or it is not read. */
  readonly pinFile: string
  readonly mode: 'production' | 'development'
  /** PKCS#11 sessions that sign in parallel; at most what the token allows. */
  readonly sessions?: number
  /** Needed in production. */
  readonly fipsCertificate?: FipsCertificate
  /** What the operator accepts of a token that cannot show the whole proof of a key. */
  readonly accept?: readonly HsmException[]
  /**
   * No device certificate that lives longer is signed, whatever the server asks for; 455 when left out, as no
   * policy may say more.
   */
  readonly longestCertificateDays?: number
  /** Variables that the library reads, such as SOFTHSM2_CONF or ChrystokiConfigurationPath; no secrets. */
  readonly environment?: Readonly<Record<string, string>>
  /** The string that NSS softokn takes at C_Initialize; no other library wants one. */
  readonly libraryParameters?: string
  readonly limits?: Partial<HsmLimits>
}

export const DEFAULT_SESSIONS = 4

/** What the agent is told once, when it opens the token; nothing of it can be changed by a later request. */
export const optionalOf = ({
  tokenSerialNumber,
  libraryParameters,
  fipsCertificate,
  accept,
  longestCertificateDays,
}: HsmConfig) => ({
  ...(tokenSerialNumber !== undefined && { tokenSerialNumber }),
  ...(libraryParameters !== undefined && { libraryParameters }),
  ...(fipsCertificate !== undefined && { fipsCertificate }),
  ...(accept !== undefined && { accept }),
  ...(longestCertificateDays !== undefined && { longestCertificateDays }),
})

/** nShield: this switch makes the library accept weakened keys without a word. */
const REFUSED_VARIABLES = ['CKNFAST_OVERRIDE_SECURITY_ASSURANCES']
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/

/** @throws SanadError `server.configuration-invalid` or `hsm.not-permitted` */
export function checkHsmConfig(config: HsmConfig): void {
  if (!isAbsolute(config.module)) throw invalid('the path of the PKCS#11 library is not absolute')
  if (config.tokenLabel === '' || Buffer.byteLength(config.tokenLabel) > 32) {
    throw invalid('a token label has 1 to 32 bytes')
  }
  const sessions = config.sessions ?? DEFAULT_SESSIONS
  if (!Number.isInteger(sessions) || sessions < 1 || sessions > 128) {
    throw invalid('sessions are 1 to 128')
  }
  checkWhatIsAccepted(config)
  for (const name of REFUSED_VARIABLES) {
    if (config.environment?.[name] !== undefined || process.env[name] !== undefined) {
      throw new SanadError('hsm.not-permitted', `${name} must not be set`)
    }
  }
  if (config.mode === 'production') checkFipsCertificate(config.fipsCertificate)
}

/** From a file that no schema read, the words may be any. */
function checkWhatIsAccepted({ accept = [], longestCertificateDays: days = 2 }: HsmConfig): void {
  const known: readonly string[] = HSM_EXCEPTIONS
  const unknown = accept.find((one) => !known.includes(one))
  if (unknown !== undefined) throw invalid(`accept: there is no exception ${unknown}`)
  if (!Number.isInteger(days) || days < 2 || days > LONGEST_CERTIFICATE_DAYS) {
    throw invalid(`longestCertificateDays is 2 to ${LONGEST_CERTIFICATE_DAYS}`)
  }
}

function checkFipsCertificate(certificate: FipsCertificate | undefined): void {
  if (certificate === undefined) throw notPermitted('no FIPS certificate is recorded')
  if (!/^[1-9]\d{0,5}$/.test(certificate.number))
    throw notPermitted('not a CMVP certificate number')
  if (certificate.standard !== 'FIPS 140-2' && certificate.standard !== 'FIPS 140-3') {
    throw notPermitted('the standard is neither FIPS 140-2 nor FIPS 140-3')
  }
  if (certificate.level !== 3 && certificate.level !== 4) throw notPermitted('below FIPS Level 3')
  if (certificate.moduleName.trim() === '') throw notPermitted('the certified module is not named')
  if (certificate.checkedOn !== undefined && !ISO_DAY.test(certificate.checkedOn)) {
    throw notPermitted('the day of the check is not a day')
  }
}

function invalid(detail: string): SanadError {
  return new SanadError('server.configuration-invalid', `hsm: ${detail}`)
}

function notPermitted(detail: string): SanadError {
  return new SanadError('hsm.not-permitted', detail)
}
