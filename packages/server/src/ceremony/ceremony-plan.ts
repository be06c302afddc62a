import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describeMistake } from '@sanad/command-line/configuration-mistake'
import { SanadError } from '@sanad/protocol/text/problems'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { parse } from 'yaml'

/** One reviewed file says all that a ceremony does; there is no other input. Unknown keys stop it. */

const closed = { additionalProperties: false } as const
const Word = Type.String({ minLength: 1, maxLength: 128 })
const Bits = Type.Enum([2048, 3072, 4096])

export const CeremonyPlan = Type.Object(
  {
    ceremony: Word,
    /** Who is there; each reads the file and its digest before the first step. */
    attendees: Type.Array(Type.Object({ name: Word, role: Word }, closed), {
      minItems: 1,
      maxItems: 20,
    }),
    keys: Type.Optional(
      Type.Object(
        {
          'provider-ca': Type.Optional(Bits),
          'management-root': Type.Optional(Bits),
          command: Type.Optional(Bits),
        },
        closed,
      ),
    ),
    managementRoot: Type.Optional(
      Type.Object({ commonName: Word, years: Type.Integer({ minimum: 1, maximum: 20 }) }, closed),
    ),
    commandKey: Type.Optional(
      Type.Object({ commonName: Word, years: Type.Integer({ minimum: 1, maximum: 10 }) }, closed),
    ),
    /** What the country is asked to certify; O is the organisation of the server’s configuration. */
    providerRequest: Type.Optional(
      Type.Object(
        {
          country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' })),
          state: Type.Optional(Word),
          locality: Type.Optional(Word),
          organisationalUnit: Type.Optional(Word),
          commonName: Type.String({ minLength: 1, maxLength: 64 }),
        },
        closed,
      ),
    ),
    /** What came back from MOSIP; paths are relative to the plan. */
    providerCertificate: Type.Optional(
      Type.Object(
        {
          certificate: Word,
          chain: Word,
          country: Type.String({ pattern: '^[A-Z]{2}$' }),
          environment: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$' }),
          /** Of the country's root, when it was read to the attendees from elsewhere than the file. */
          rootSha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type CeremonyPlan = Static<typeof CeremonyPlan>

export interface ReadPlan {
  readonly plan: CeremonyPlan
  /** SHA-256 of the file, hex: what the attendees compare. */
  readonly sha256: string
}

const check = Compile(CeremonyPlan)

/** @throws SanadError `server.configuration-invalid` */
export async function readCeremonyPlan(path: string): Promise<ReadPlan> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw invalid(`cannot read ${path}`, error)
  })
  const plan = parseYaml(path, text)
  if (check.Check(plan)) return { plan, sha256: createHash('sha256').update(text).digest('hex') }
  throw invalid(`${path}: ${describeMistake(CeremonyPlan, check.Errors(plan))}`)
}

/** Strict: a key that stands twice, say, would be read one way by people and another by programs. */
function parseYaml(path: string, text: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    throw invalid(`${path}: ${cause instanceof Error ? cause.message : 'not YAML'}`, cause)
  }
}

const invalid = (detail: string, cause?: unknown): SanadError =>
  new SanadError('server.configuration-invalid', detail, { cause })
