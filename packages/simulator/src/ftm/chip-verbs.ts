import { ChipRefusal } from './chip-refusal.ts'
import type { Chip } from './chip.ts'

/** The verbs of the chip link: a closed table. What is not here cannot be asked of a chip. */

type Fields = Readonly<Record<string, unknown>>
type Answer = Readonly<Record<string, unknown>>

interface Verb {
  readonly fields: readonly string[]
  readonly answer: (chip: Chip, fields: Fields, now: Date) => Answer | Promise<Answer>
}

const VERBS: Readonly<Record<string, Verb>> = {
  describe: {
    fields: [],
    answer: ({ identity, ftmCertificates }) => ({
      serialNo: identity.serialNo,
      make: identity.make,
      model: identity.model,
      ftmCertificates: ftmCertificates.map(toBase64),
    }),
  },
  'generate-key': {
    fields: [],
    answer: async (chip) => {
      const { keyId, spki } = await chip.generateKey()
      return { keyId, spki: toBase64(spki) }
    },
  },
  'sign-with-device-key': {
    fields: ['keyId', 'signingInput'],
    answer: (chip, fields) => ({
      signature: toBase64(
        chip.signWithDeviceKey(readText(fields, 'keyId'), readBytes(fields, 'signingInput')),
      ),
    }),
  },
  'sign-registration': {
    fields: ['signingInput'],
    answer: (chip, fields) => ({
      signature: toBase64(chip.signRegistration(readBytes(fields, 'signingInput'))),
    }),
  },
  'sign-digital-id': {
    fields: [],
    answer: (chip, _fields, now) => ({ digitalId: chip.signDigitalId(now) }),
  },
  'install-certificate': {
    fields: ['keyId', 'certificates'],
    answer: (chip, fields) => {
      chip.installCertificate(readText(fields, 'keyId'), readCertificates(fields))
      return {}
    },
  },
  'destroy-key': {
    fields: ['keyId'],
    answer: (chip, fields) => {
      chip.destroyKey(readText(fields, 'keyId'))
      return {}
    },
  },
  'list-keys': { fields: [], answer: (chip) => ({ keys: chip.listKeys() }) },
}

export function performVerb(
  chip: Chip,
  name: unknown,
  fields: Fields,
  now: Date,
): Answer | Promise<Answer> {
  const verb = typeof name === 'string' && Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (verb === undefined) throw new ChipRefusal('chip.verb-unknown', 'not a verb of this link')
  const expected = verb.fields.toSorted().join()
  if (Object.keys(fields).toSorted().join() !== expected)
    throw malformed('other fields than the verb has')
  return verb.answer(chip, fields, now)
}

const toBase64 = (bytes: Buffer): string => bytes.toString('base64')

function readText(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw malformed(`${name} is not a text`)
  return value
}

function readBytes(fields: Fields, name: string): Buffer {
  return decodeBase64(readText(fields, name), name)
}

function readCertificates(fields: Fields): Buffer[] {
  const list = fields['certificates']
  if (!Array.isArray(list) || list.length > 8) throw malformed('certificates is not a short list')
  return list.map((item: unknown) => {
    if (typeof item !== 'string') throw malformed('a certificate is not a text')
    return decodeBase64(item, 'a certificate')
  })
}

function decodeBase64(text: string, name: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw malformed(`${name} is not canonical base64`)
  return bytes
}

const malformed = (detail: string): ChipRefusal => new ChipRefusal('chip.request-malformed', detail)
