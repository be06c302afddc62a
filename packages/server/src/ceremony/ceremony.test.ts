import { verify } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCompactJws } from '@sanad/protocol/wire/envelope/compact'
import { parseCertificate, readBasicConstraints } from '@sanad/protocol/asn1/x509'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StandInCountry } from '../../../simulator/src/country/stand-in-country.ts'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { type TestHsm, startTestHsm } from '../../test/test-hsm.ts'
import { readRecord } from '../record/event-reader.ts'
import { importSigner } from '../certificates/der/verified-signature.ts'
import { loadManagementRoot } from '../certificates/management-root.ts'
import { readCeremonyPlan } from './ceremony-plan.ts'
import { Ceremony, type CeremonyStep } from './ceremony.ts'
import { describePlan } from './plan-in-words.ts'
import { writeTranscript } from './transcript.ts'

const ORGANISATION = 'Example Biometrics'
let db: TestDatabase
let token: TestHsm
let directory: string
beforeAll(async () => {
  db = await startTestDatabase()
  token = await startTestHsm()
  directory = await mkdtemp(join(tmpdir(), 'sanad-ceremony-'))
})
afterAll(async () => {
  await token[Symbol.asyncDispose]()
  await db[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

const ATTENDEES = 'attendees:\n  - { name: A. Officer, role: security officer }\n'
const FIRST = `ceremony: First keys
${ATTENDEES}keys: { provider-ca: 2048, management-root: 2048, command: 2048 }
managementRoot: { commonName: Example Root, years: 5 }
commandKey: { commonName: Example Commands, years: 1 }
providerRequest: { country: ET, locality: Addis Ababa, commonName: Example Devices }
`
const IMPORT = `ceremony: Import
${ATTENDEES}providerCertificate:
  { certificate: provider.pem, chain: chain.pem, country: ET, environment: test }
`

const write = async (name: string, text: string): Promise<string> => {
  await writeFile(join(directory, name), text)
  return join(directory, name)
}
const parts = () => ({
  hsm: token.hsm,
  database: db.database,
  organisation: ORGANISATION,
  dataDirectory: directory,
  now: Date.now(),
})
async function hold(text: string): Promise<readonly CeremonyStep[]> {
  const path = await write('plan.yaml', text)
  return new Ceremony(parts(), path).carryOut(await readCeremonyPlan(path))
}
const outcomes = (steps: readonly CeremonyStep[]): string[] =>
  steps.map(({ step, outcome }) => `${step}: ${outcome}`)

/** Everything that a ceremony may change. */
async function state(): Promise<unknown> {
  const trust = join(directory, 'trust')
  const files = await readdir(trust).catch(() => [])
  const contents = await Promise.all(files.map((file) => readFile(join(trust, file), 'utf8')))
  const { items } = await readRecord(db.database, { limit: 200 })
  return { keys: await token.hsm.listKeys(), files, contents, events: items.length }
}

describe('a plan', () => {
  it.each([
    ['unknown keys', `${FIRST}withBackdoor: true\n`],
    ['unknown keys further down', FIRST.replace('years: 5', 'years: 5, exportable: true')],
    ['a key twice', `${FIRST}ceremony: Again\n`],
    ['nobody there', FIRST.replace(ATTENDEES, 'attendees: []\n')],
    ['a short key', FIRST.replace('provider-ca: 2048', 'provider-ca: 1024')],
    ['no YAML at all', '{{{'],
  ])('refuses a ceremony’s plan with %s', async (_what, text) => {
    const reading = readCeremonyPlan(await write('bad.yaml', text))
    await expect(reading).rejects.toMatchObject({ code: 'server.configuration-invalid' })
  })

  it('says in words what a ceremony will do', async () => {
    const { plan } = await readCeremonyPlan(await write('plan.yaml', FIRST))
    expect(describePlan(plan)).toHaveLength(8)
    expect(describePlan(plan)[0]).toContain('provider-ca')
  })
})

describe('before its first step a ceremony', () => {
  it('refuses a ceremony that imports for a key that does not exist, and changes nothing', async () => {
    const before = await state()
    await expect(hold(IMPORT)).rejects.toMatchObject({ code: 'hsm.key-missing' })
    expect(await state()).toEqual(before)
  })

  it('refuses a ceremony that certifies a key that neither exists nor is to be made', async () => {
    const before = await state()
    const withoutCommand = FIRST.replace(', command: 2048', '')
    await expect(hold(withoutCommand)).rejects.toMatchObject({ code: 'hsm.key-missing' })
    expect(await state()).toEqual(before)
  })
})

describe('a ceremony', () => {
  it('makes keys, management root, the command key’s certificate and the request in one ceremony', async () => {
    expect(outcomes(await hold(FIRST))).toEqual([
      'make-key: done',
      'make-key: done',
      'make-key: done',
      'prove-key: done',
      'prove-key: done',
      'prove-key: done',
      'certify-management-root: done',
      'certify-command-key: done',
      'write-provider-request: done',
    ])
    const { certificate } = await loadManagementRoot(directory)
    expect(readBasicConstraints(certificate)).toEqual({ isCa: true, pathLength: 0 })
    const { items } = await readRecord(db.database, { type: ['ceremony.key-created'] })
    expect(items).toHaveLength(3)
  })

  it('changes nothing when a ceremony is held again', async () => {
    const before = await state()
    const steps = outcomes(await hold(FIRST)).filter((line) => !line.startsWith('prove-key'))
    expect(steps.every((line) => line.endsWith('already-done'))).toBe(true)
    expect(await state()).toEqual(before)
  })

  it('keeps a management root that clients have pinned', async () => {
    const before = await state()
    const other = FIRST.replace('Example Root', 'Another Root')
    await expect(hold(other)).rejects.toMatchObject({ code: 'server.configuration-invalid' })
    expect(await state()).toEqual(before)
  })

  it('imports the certificate that MOSIP signed, even under a negative serial number', async () => {
    const country = await StandInCountry.open(join(directory, 'country'))
    const request = await readFile(join(directory, 'trust', 'provider.csr.pem'), 'utf8')
    const admitted = await country.admitProvider(request, {
      organisation: ORGANISATION,
      serialSign: 'negative',
    })
    await write('provider.pem', admitted.mosipSignedPem)
    await write('chain.pem', admitted.mosipChainPem)
    expect(outcomes(await hold(IMPORT)).at(-1)).toBe('import-provider-certificate: done')
    expect(outcomes(await hold(IMPORT)).at(-1)).toBe('import-provider-certificate: already-done')
  })

  it('refuses to import the country’s own certificate, and changes nothing', async () => {
    const before = await state()
    await write('chain.pem', '')
    await expect(hold(IMPORT)).rejects.toMatchObject({ code: 'certificate.import-refused' })
    expect(await state()).toEqual(before)
  })
})

describe('the transcript', () => {
  it('signs the transcript of plan, people, proofs and outputs with the management root', async () => {
    const path = await write('plan.yaml', FIRST)
    const read = await readCeremonyPlan(path)
    const steps = await new Ceremony(parts(), path).carryOut(read)
    const file = await writeTranscript(parts(), read, steps)
    const jws = parseCompactJws(await readFile(file, 'utf8'))
    const { certificate } = await loadManagementRoot(directory)
    expect(jws.header['typ']).toBe('sanad-transcript+jws')
    const [x5c] = jws.header['x5c'] as string[]
    expect(Buffer.from(x5c ?? '', 'base64')).toEqual(Buffer.from(certificate.der))
    const signer = importSigner(parseCertificate(certificate.der).spki)
    expect(verify('sha256', jws.signingInput, signer, jws.signature)).toBe(true)
    const said = JSON.parse(Buffer.from(jws.payload).toString()) as Record<string, unknown>
    expect(said).toMatchObject({
      organisation: ORGANISATION,
      planSha256: read.sha256,
      attendees: [{ name: 'A. Officer', role: 'security officer' }],
      token: { label: 'sanad-test' },
    })
    expect(JSON.stringify(said['steps'])).toContain('CKA_EXTRACTABLE')
    expect(JSON.stringify(said)).not.toContain(directory)
    const { items } = await readRecord(db.database, { type: ['ceremony.completed'] })
    expect(items).toHaveLength(1)
  })
})
