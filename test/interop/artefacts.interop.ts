import { createPublicKey, randomBytes, randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseCompactJws } from '@sanad/protocol/wire/envelope/compact'
import { decryptWith } from '@sanad/protocol/wire/envelope/encryption'
import { type SentRequest, sealRequest } from '@sanad/protocol/wire/envelope/request'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import { describeApi } from '@sanad/protocol/operator-api/open-api'
import type { IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'
import vectors from '../../packages/protocol/src/wire/vectors/envelope.json' with { type: 'json' }
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PemHandOver } from '../../packages/client/src/hand-over/pem-hand-over.ts'
import { encodePkcs12 } from '../../packages/client/src/hand-over/pkcs12.ts'
import { makeCarrierCertificate } from '../../packages/client/src/key-stores/carrier-certificate.ts'
import { decodeCertificates } from '../../packages/server/src/certificates/der/pem.ts'
import { ProviderCertificates } from '../../packages/server/src/certificates/provider-certificates.ts'
import { TlsKeys } from '../../packages/server/src/certificates/tls-keys.ts'
import { CommandDesk } from '../../packages/server/src/commands/command-desk.ts'
import { makeLogger } from '../../packages/server/src/platform/log.ts'
import { readPurgeCertificate } from '../../packages/server/src/purge/read-purge.ts'
import { describeHotlistEntry } from '../../packages/server/src/revocation/hotlist-entry.ts'
import { RevocationLists } from '../../packages/server/src/revocation/revocation-lists.ts'
import { DeviceUnderTest } from '../../packages/server/test/device-under-test.ts'
import { insertTestOperator } from '../../packages/server/test/test-portal.ts'
import { ORGANISATION } from '../../packages/server/test/test-trust.ts'
import {
  type TestFtmProvider,
  type TestServer,
  startTestServer,
} from '../../packages/server/test/test-server.ts'
import { StandInCountry } from '../../packages/simulator/src/country/stand-in-country.ts'
import { ManifestDesk } from '../../packages/simulator/src/factory/factory-manifest.ts'
import { Shelf } from './shelf.ts'

/**
 * Makes one of everything that other programs read, by the product's own code over a real token, and lays it on
 * a shelf. Not part of `./sanad test`: `./sanad interop` runs it by a configuration of its own.
 */

const folder = process.env['SANAD_INTEROP_FOLDER'] ?? ''
const PASSWORD = 'qwerty@123'

let server: TestServer
let ftm: TestFtmProvider
let device: DeviceUnderTest
let operatorId: string
let shelf: Shelf
beforeAll(async () => {
  shelf = new Shelf(folder)
  server = await startTestServer()
  await server.trust.hsm.generateKey('command', { modulusBits: 2048 })
  operatorId = await insertTestOperator(server.db, 'Sara', 'operator')
  ftm = await server.addFtmProvider()
  device = await makeDevice()
}, 120_000)
afterAll(async () => {
  await shelf.writeList()
  await server[Symbol.asyncDispose]()
})

async function makeDevice(): Promise<DeviceUnderTest> {
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  const made = await DeviceUnderTest.makeL1(server, model, ftm)
  expect(await made.register()).toMatchObject({ outcome: 'registered' })
  await made.checkIn()
  return made
}

const readTrust = (name: string) => readFile(join(server.trust.directory, name), 'utf8')
const certificateOf = (der: Uint8Array | undefined): Uint8Array => {
  if (der === undefined) throw new Error('no certificate')
  return der
}

it('the country and its provider, as MOSIP signs', async () => {
  const request = await readTrust('trust/provider.csr.pem')
  await shelf.put('provider-request', 'request', pemBytes(request), { profile: 'provider-request' })
  const [, pms, root] = decodeCertificates(await readTrust('chain.pem'))
  await shelf.putCertificate('country-root', certificateOf(root), { profile: 'stand-in' })
  const below = { profile: 'stand-in', root: 'country-root', chain: ['country-pms'] }
  await shelf.putCertificate('country-pms', certificateOf(pms), { ...below, chain: [] })
  await shelf.putCertificate('provider', pemBytes(await readTrust('provider.pem')), below)
  // Half of what MOSIP signs has a negative serial number; and lists verify under the country's own certificate.
  const country = await StandInCountry.open(join(server.trust.directory, 'country'))
  const terms = { organisation: ORGANISATION, serialSign: 'negative' } as const
  const admitted = await country.admitProvider(request, terms)
  await shelf.putCertificate('provider-negative', pemBytes(admitted.mosipSignedPem), below)
  await shelf.putCertificate('country-ca', pemBytes(country.providerCa.pem), {
    profile: 'stand-in',
  })
  await shelf.putCertificate('provider-of-country', pemBytes(admitted.countrySignedPem), {
    ...below,
    root: 'country-ca',
    chain: [],
  })
})

it('the management root and the keys below it', async () => {
  const { root, responseKeys } = server.trust
  await shelf.putCertificate('management-root', root.certificate.der, { profile: 'root' })
  const below = { root: 'management-root', chain: [] }
  await shelf.putCertificate('tls', await certifyTls(), { ...below, profile: 'tls' })
  const { certificate, former } = responseKeys.current()
  await shelf.putCertificate('response', certificate, { ...below, profile: 'response' })
  await shelf.putCertificate('response-former', former.certificate, {
    ...below,
    profile: 'former',
  })
})

async function certifyTls(): Promise<Uint8Array> {
  const { hsm, root, directory } = server.trust
  const dataDirectory = join(directory, 'named')
  await mkdir(dataDirectory)
  const names = ['management.example.org', '10.1.2.3', 'fd00::1']
  const keys = await TlsKeys.open({ hsm, root, clock: server.now, names, dataDirectory })
  keys.close()
  const [leaf] = decodeCertificates(keys.current().cert)
  return certificateOf(leaf)
}

it('what a device has and asks', async () => {
  const below = { root: 'country-root', chain: ['provider', 'country-pms'] }
  const der = certificateOf(device.certificate)
  await shelf.putCertificate('device', der, { ...below, profile: 'device' })
  const request = Buffer.from(await device.makeCsr('interop-challenge'), 'base64url')
  await shelf.put('device-request', 'request', request, { profile: 'device-request' })
  const sign = signWith(device.key.privateKey, 'RS256')
  const parts = { commonName: 'L0-0001', spki: device.key.spki, at: server.now() }
  const carrier = await makeCarrierCertificate(parts, sign)
  await shelf.putCertificate('carrier', carrier, { profile: 'carrier' })
})

it('the chips of an FTM provider, and its signed list of devices', async () => {
  const { provider } = ftm
  const [root] = decodeCertificates(provider.root.pem)
  const [chip, ...above] = device.chip?.ftmCertificates ?? []
  await shelf.putCertificate('ftm-root', certificateOf(root), { profile: 'stand-in' })
  const chain = await shelf.putChain('ftm', above, root)
  const below = { profile: 'stand-in', root: 'ftm-root', chain }
  await shelf.putCertificate('ftm-chip', certificateOf(chip), below)
  await shelf.putJws('digital-id', await device.signDigitalId(), 'ftm-chip')
  const { serialNo, make, model, type, deviceSubType } = device.identity
  const record = { serialNo, make, model, type, deviceSubType, level: 'L1' as const }
  const manifest = (await ManifestDesk.open(provider)).sign([record])
  const signers = await shelf.putSigners('factory', manifest, below)
  await shelf.putJws('factory-manifest', manifest, signers)
})

const unseal = (text: string, { replyKey }: SentRequest): string =>
  decryptWith(() => replyKey, text)

it.each(['current', 'former'] as const)('what the server says, in the %s form', async (form) => {
  const name = (what: string) => (form === 'current' ? what : `${what}-former`)
  const nonce = randomBytes(16).toString('base64url')
  const statement = await server.door.askForStatement(form, nonce)
  await shelf.putJws(name('server-statement'), statement, name('response'))
  const recipient = await server.door.readEncryptionKey(form)
  const sent = await device.makeCheckIn({}, { recipient })
  const { text } = await server.door.post(sent.text)
  await shelf.putJws(name('answer'), unseal(text, sent), name('response'))
  const command = await askForCommand(form)
  const below = { root: 'management-root', chain: [], profile: name('command') }
  const profile = form === 'former' ? 'former' : 'command'
  const signer = await shelf.putSigners(name('command-key'), command, { ...below, profile })
  await shelf.putJws(name('command'), command, signer)
})

async function askForCommand(form: IdentifierForm): Promise<string> {
  const desk = new CommandDesk({ database: server.db.database, clock: server.now })
  const command = { type: 'collect-information', body: {} } as const
  await desk.order({ orderId: randomUUID(), deviceIds: [device.deviceId], command }, operatorId)
  const recipient = await server.door.readEncryptionKey(form)
  const body = { highest: 0, reports: [] }
  const answer = await server.door.ask(
    await device.make('commands', body, device.asRegistered(), { recipient }),
  )
  if (answer.type !== 'commands-answer') throw new Error(answer.type)
  return answer.body.commands.at(-1) ?? ''
}

it('a purge certificate', async () => {
  const ended = await makeDevice()
  await server.act(ended.deviceId, 'deregister')
  await ended.checkIn()
  const signed = await ended.signPurge()
  await server.door.ask(sealRequest(signed, await server.door.readEncryptionKey()))
  const { certificate } = ended
  const below = { root: 'country-root', chain: ['provider', 'country-pms'] }
  await shelf.putCertificate('purged-device', certificateOf(certificate), {
    ...below,
    profile: 'device',
  })
  const kept = await readPurgeCertificate(server.db.database, ended.deviceId)
  await shelf.putJws('purge-certificate', kept.statement, 'purged-device')
})

it('the revocation lists, empty and not', async () => {
  const { database } = server.db
  const lists = new RevocationLists({
    database,
    hsm: server.trust.hsm,
    providers: await ProviderCertificates.open(database),
    clock: server.now,
    log: makeLogger('silent'),
    baseUrl: 'https://crl.example.test',
  })
  await lists.publishDue()
  const rows = await database.selectFrom('revocation_list').select(['shard', 'der']).execute()
  expect(rows).toHaveLength(128)
  for (const { shard, der } of rows)
    await shelf.put(`crl-${shard}`, 'list', der, { profile: 'list', signer: 'provider-of-country' })
  const entry = await describeHotlistEntry(database, device.deviceId)
  await shelf.put('hotlist-entry', 'json', Buffer.from(JSON.stringify(entry)), {
    profile: 'hotlist',
  })
})

it('the forms in which an SBI gets its key', async () => {
  const key = device.key.privateKey
  const certificates = [certificateOf(device.certificate)]
  for (const form of ['modern', 'legacy'] as const) {
    const content = { key, certificates, alias: 'device', password: PASSWORD, form }
    const bytes = await encodePkcs12(content)
    await shelf.put(`hand-over-${form}`, 'pkcs12', bytes, { profile: PASSWORD, signer: 'device' })
  }
  const handOver = join(server.trust.directory, 'hand-over')
  await new PemHandOver(handOver, 'EX1').put(key, certificates)
  const pem = ['device-key.pem', 'device-certificate.pem'].map((name) =>
    readFile(join(handOver, 'EX1', name)),
  )
  const bytes = Buffer.concat(await Promise.all(pem))
  await shelf.put('hand-over-pem', 'pem', bytes, { profile: 'hand-over', signer: 'device' })
})

it('the published vectors', async () => {
  const bytes = Buffer.from(JSON.stringify(vectors))
  await shelf.put('vectors-envelope', 'vectors', bytes, { profile: 'vectors' })
  const spki = createPublicKey(vectors.devicePublicKey).export({ type: 'spki', format: 'pem' })
  await writeFile(join(folder, 'vectors-device.pem'), spki)
  const repository = join(import.meta.dirname, '..', '..')
  const parts = [
    ['messages', 'messages', 'packages/protocol/src/wire/vectors/messages.json'],
    ['vector-keys', 'json', 'packages/protocol/src/wire/vectors/keys.json'],
    ['schemas', 'json', 'docs/schemas/bundle.json'],
  ] as const
  for (const [name, kind, path] of parts)
    await shelf.put(name, kind, await readFile(join(repository, path)), { profile: 'vectors' })
})

it('the description of the operator API', async () => {
  const document = JSON.stringify(describeApi('0.0.0'))
  await shelf.put('operator-api.json', 'api', Buffer.from(document), { profile: 'api' })
})

function pemBytes(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
}

it('every signed text has a header that names its algorithm', () => {
  for (const text of shelf.signedTexts) expect(parseCompactJws(text).header['alg']).toBeDefined()
})
