import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { encodeCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import { encodeSigningInput, joinJws } from '@sanad/protocol/wire/envelope/compact'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { recordEvents } from '../record/record-events.ts'
import { loadManagementRoot } from '../certificates/management-root.ts'
import { writeFileDurably } from '../platform/durable-file.ts'
import type { ReadPlan } from './ceremony-plan.ts'
import type { CeremonyParts, CeremonyStep } from './ceremony.ts'

/** What was done, by whom and after which plan, signed by the management root. @returns the transcript’s path */
export async function writeTranscript(
  { hsm, database, dataDirectory, organisation, now }: CeremonyParts,
  { plan, sha256 }: ReadPlan,
  steps: readonly CeremonyStep[],
): Promise<string> {
  const root = await loadManagementRoot(dataDirectory)
  const { token } = hsm.health()
  const header = {
    alg: 'RS256',
    typ: 'sanad-transcript+jws',
    x5c: encodeCertificateChain([root.certificate.der]),
  }
  const payload = {
    v: 1,
    ceremony: plan.ceremony,
    at: formatTimestamp(now),
    organisation,
    planSha256: sha256,
    attendees: plan.attendees,
    token: token ?? null,
    steps,
  }
  const signingInput = encodeSigningInput(header, payload)
  const jws = joinJws(signingInput, await hsm.signTranscript(root.hsmKeyId, signingInput))
  const path = join(
    dataDirectory,
    'trust',
    `transcript-${formatTimestamp(now).replaceAll(':', '')}.jws`,
  )
  const transcriptSha256 = createHash('sha256').update(jws).digest('hex')
  await database.transaction().execute(async (tx) => {
    await recordEvents(tx, [
      { type: 'ceremony.completed', actor: 'command-line', data: { transcriptSha256 } },
    ])
    // Inside, so that the record never names a transcript that is not there.
    await writeFileDurably(path, jws, 0o644)
  })
  return path
}
