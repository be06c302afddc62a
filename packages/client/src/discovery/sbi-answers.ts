import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { decodeBase64url } from '@sanad/protocol/text/base64url'
import { type DigitalId, readDigitalId } from '@sanad/protocol/domain/digital-id'
import { type Level, DEVICE_STATUSES } from '@sanad/protocol/domain/device-kinds'
import { importBoundedKey } from '@sanad/protocol/wire/envelope/bounded-key'
import { readCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import { parseCompactJws } from '@sanad/protocol/wire/envelope/compact'
import { readSignedDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { verifyJws } from '@sanad/protocol/wire/envelope/signing'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseStrictJson, parseStrictJsonObject } from '@sanad/protocol/text/strict-json'

/**
 * The answers of SBIs, read strictly and by an allow-list: the client ignores fields that are not named here, so
 * they reach no message and no log.
 */

/** MF §2.1: the names of the levels in both editions. */
const LEVEL_NAMES: Readonly<Record<string, Level>> = {
  L0: 'L0',
  'SBI 1.0': 'L0',
  'SBI CL 1.0': 'L0',
  L1: 'L1',
  'SBI 2.0': 'L1',
  'SBI CL 2.0': 'L1',
}

const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }))
const COMMON = {
  deviceStatus: Type.Enum(DEVICE_STATUSES),
  certification: Type.Enum(Object.keys(LEVEL_NAMES)),
  digitalId: Type.String({ maxLength: 16_384 }),
  serviceVersion: Text(64),
  purpose: Text(32),
  specVersion: Type.Optional(Type.Array(Type.String({ maxLength: 16 }), { maxItems: 8 })),
}

const readDiscovered = makeReader(Type.Object(COMMON))
const readInformation = makeReader(Type.Object({ ...COMMON, firmware: Text(64), env: Text(32) }))
const readInfoElement = makeReader(
  Type.Object({
    deviceInfo: Type.String({ maxLength: 49_152 }),
    error: Type.Optional(Type.Unknown()),
  }),
)

/** A device that an SBI names in answer to discovery. */
export interface DiscoveredDevice {
  readonly digitalId: DigitalId
  readonly level: Level
  readonly deviceStatus: Static<(typeof COMMON)['deviceStatus']>
  readonly serviceVersion: string
}

/** A device as its SBI describes it. */
export interface DescribedDevice extends DiscoveredDevice {
  readonly firmware: string
  readonly purpose: string
  readonly env: string
  readonly specVersions: readonly string[]
  /** The certificate of the key that signed the description; undefined when it is unsigned. */
  readonly certificate: Uint8Array | undefined
  /** What is wrong, as a number of MOSIP’s (MF §1.4, 40); its words are not read. */
  readonly errorCode?: string
}

/** Elements without a device, such as a bare error, are left out. @throws SanadError `client.sbi-not-readable` */
export function readDiscoveryAnswer(body: Uint8Array): DiscoveredDevice[] {
  return readElements(body, (element) => {
    if (!('digitalId' in element)) return []
    const device = readDiscovered(element)
    return [{ ...pickCommon(device), digitalId: readClaims(device.digitalId) }]
  })
}

/** @throws SanadError `client.sbi-not-readable` */
export function readDeviceInfoAnswer(body: Uint8Array): DescribedDevice[] {
  return readElements(body, (element) => {
    if (!('deviceInfo' in element)) return []
    const { deviceInfo, error } = readInfoElement(element)
    const { payload, certificate } = openDeviceInfo(deviceInfo)
    const errorCode = readErrorCode(error)
    const device = readInformation(parseStrictJsonObject(payload))
    return [
      {
        ...pickCommon(device),
        digitalId: readClaims(device.digitalId),
        firmware: device.firmware ?? '',
        purpose: device.purpose ?? '',
        env: device.env ?? '',
        specVersions: device.specVersion ?? [],
        certificate,
        ...(errorCode !== undefined && { errorCode }),
      },
    ]
  })
}

/** "0" means no error. */
function readErrorCode(error: unknown): string | undefined {
  const { errorCode } = (error ?? {}) as { readonly errorCode?: unknown }
  const isCode = typeof errorCode === 'string' && /^[1-9]\d{0,3}$/.test(errorCode)
  return isCode ? errorCode : undefined
}

function readElements<T>(body: Uint8Array, read: (element: object) => T[]): T[] {
  try {
    const elements = parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(body))
    if (!Array.isArray(elements) || elements.length > 16) throw new TypeError('not a short list')
    return elements.flatMap((element) => {
      if (typeof element !== 'object' || element === null) throw new TypeError('not an object')
      return read(element)
    })
  } catch (error) {
    throw new SanadError('client.sbi-not-readable', undefined, { cause: error })
  }
}

function pickCommon(device: Static<ReturnType<typeof commonObject>>) {
  const { deviceStatus, certification, serviceVersion = '' } = device
  return { deviceStatus, level: LEVEL_NAMES[certification] ?? 'L0', serviceVersion }
}

const commonObject = () => Type.Object(COMMON)

/** MDS 0.9.5 › Device Info Response: signed by the device key once registered, unsigned before. */
function openDeviceInfo(text: string): {
  payload: Uint8Array
  certificate: Uint8Array | undefined
} {
  if (!text.includes('.')) return { payload: decodeBase64url(text), certificate: undefined }
  const jws = parseCompactJws(text)
  // RFC 7515 §4.1.11: an extension that must be understood is not.
  if ('crit' in jws.header) throw new TypeError('a critical extension')
  const [leaf] = readCertificateChain(jws.header['x5c'])
  if (leaf === undefined) throw new TypeError('no certificate')
  verifyJws(jws, importBoundedKey(leaf.spki), 'RS256')
  return { payload: jws.payload, certificate: leaf.der }
}

/**
 * The digital ID's claims. This does not judge who signed it: the server decides on genuineness, and should see
 * a forgery rather than not hear of it.
 */
function readClaims(text: string): DigitalId {
  if (text.includes('.')) return readSignedDigitalId(text).digitalId
  return readDigitalId(parseStrictJsonObject(decodeBase64url(text)))
}

function makeReader<S extends TSchema>(schema: S): (value: unknown) => Static<S> {
  const check = Compile(schema)
  return (value) => {
    if (!check.Check(value)) throw new TypeError('not of the documented form')
    return value as Static<S>
  }
}
