import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { drawSerialNo, FACE_MODEL, SLAP_MODEL } from '../../test/test-devices.ts'
import { makeTestFactory, signManifest } from '../../test/test-factory.ts'
import {
  confirm,
  csv,
  errorsOf,
  models,
  portal,
  read,
  slap,
  untilSettled,
  upload,
  uploaded,
  withNothingChanged,
} from '../../test/uploaded-files.ts'
import { FtmProviderRegistry } from '../models/ftm-provider-registry.ts'
import { ModelRegistry } from '../models/model-registry.ts'
import { makeLogger } from '../platform/log.ts'
import { readRecord } from '../record/event-reader.ts'
import { ImportDesk } from './import-desk.ts'

describe('a factory manifest', () => {
  const JOSE = 'application/jose'
  const device = (change: object = {}) => ({
    serialNo: drawSerialNo(),
    make: 'Example',
    model: 'Slap 442',
    type: 'Finger',
    deviceSubType: 'Slap',
    level: 'L1',
    ftmCertificateSha256: randomBytes(32).toString('hex'),
    ...change,
  })

  it('imports a factory manifest, and records who signed it', async () => {
    const view = await uploaded(signManifest(models.factory, [device(), device()]), JOSE)
    expect(view).toMatchObject({
      format: 'factory-manifest',
      signer: 'Chipworks Factory',
      rowsValid: 2,
    })
    await confirm(view.importId, 'all')
    expect(await untilSettled(view.importId)).toMatchObject({ state: 'applied', rowsApplied: 2 })
    const { items } = await readRecord(portal.db.database, { type: ['import.confirmed'], limit: 1 })
    const { certificate } = models.factory.factory
    expect(items[0]?.event.data).toMatchObject({
      format: 'factory-manifest',
      signerCertificateSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    })
  })

  it('accepts a manifest only for models with chips of its own provider', async () => {
    const other = makeTestFactory('Otherchips')
    const { database } = portal.db
    const { ftmProviderId } = await new FtmProviderRegistry(database, Date.now).add(
      { name: 'Otherchips', certificatePem: other.rootPem },
      'command-line',
    )
    await new ModelRegistry(database, Date.now).create(
      { ...SLAP_MODEL, model: 'Slap 500', ftmProviderId },
      'command-line',
    )
    const rows = [device(), device({ model: 'Slap 500' }), { ...device(), ...l0() }]
    const { importId } = await uploaded(signManifest(other, rows), JOSE)
    expect((await errorsOf(importId)).items).toMatchObject([
      { row: 1, code: 'row.ftm-provider-differs' },
    ])
  })

  const l0 = () => {
    const { model, deviceType: type, deviceSubType, level } = FACE_MODEL
    return { model, type, deviceSubType, level, ftmCertificateSha256: undefined }
  }

  it.each([
    [
      'signed by a chip',
      () => signManifest(models.factory, [device()], { signer: models.factory.chip }),
    ],
    ['of a factory nobody trusts', () => signManifest(makeTestFactory('Unknown'), [device()])],
    [
      'changed after it was signed',
      () => {
        const [header, , signature] = signManifest(models.factory, [device()]).split('.')
        const [, payload] = signManifest(models.factory, [device()]).split('.')
        return [header, payload, signature].join('.')
      },
    ],
    [
      'signed by the root itself',
      () => signManifest(models.factory, [device()], { signer: models.factory.root }),
    ],
  ])('refuses a factory manifest %s as not genuine', async (_what, make) => {
    const id = randomUUID()
    await withNothingChanged(async () => {
      const reply = await upload(make(), { id, type: JOSE })
      expect(reply.json()).toMatchObject({ code: 'import.signature-invalid' })
    })
    expect(await read(id)).toMatchObject({ state: 'failed', rowsRead: 0 })
  })

  it.each([
    ['without algorithm', () => signManifest(models.factory, [], { header: { alg: 'none' } })],
    ['under a shared secret', () => signManifest(models.factory, [], { header: { alg: 'HS256' } })],
    ['of another kind', () => signManifest(models.factory, [], { header: { typ: 'JWT' } })],
    [
      'with a header nobody knows',
      () => signManifest(models.factory, [], { header: { crit: ['x'] } }),
    ],
    ['of another version', () => signManifest(models.factory, [], { payload: { v: 2 } })],
    ['with a field nobody knows', () => signManifest(models.factory, [device({ photo: 'AAAA' })])],
    ['with a trailing byte', () => `${signManifest(models.factory, [])}=`],
    ['that is none', () => 'hello'],
  ])('refuses a factory manifest %s as not readable', async (_what, make) => {
    await withNothingChanged(async () => {
      const reply = await upload(make(), { type: JOSE })
      expect(reply.json()).toMatchObject({ code: 'import.not-readable' })
      expect(reply.body).not.toContain('AAAA')
    })
  })
})

describe('a server that stopped', () => {
  /** As another server finds it half a minute after the first was killed. */
  async function leaveIn(state: string, importId: string, choice: 'all' | null = null) {
    await portal.db.pool.query(
      `update device_import set state = $2, choice = $3, confirmed_by = uploaded_by where import_id = $1`,
      [importId, state, choice],
    )
    await portal.db.pool.query(
      `update device_import_progress set alive_at = now() - interval '30 seconds' where import_id = $1`,
      [importId],
    )
  }

  const another = () => {
    const { database } = portal.db
    return new ImportDesk({ database, clock: Date.now, log: makeLogger('silent') })
  }

  it('applies an import that another server left confirmed', async () => {
    const { importId } = await uploaded(csv(slap()))
    await leaveIn('applying', importId, 'all')
    await Promise.all([another().takeUp(), another().takeUp()])
    expect(await read(importId)).toMatchObject({ state: 'applied', rowsApplied: 1 })
  })

  it('checks an import that another server left unchecked', async () => {
    const { importId } = await uploaded(csv(slap()))
    await leaveIn('checking', importId)
    await another().takeUp()
    expect(await read(importId)).toMatchObject({ state: 'ready', rowsValid: 1 })
  })

  it('fails an upload that another server left unfinished, and says what to do', async () => {
    const { importId } = await uploaded(csv(slap()))
    await leaveIn('receiving', importId)
    await another().takeUp()
    const view = await read(importId)
    expect(view.state).toBe('failed')
    expect(view.failure?.detail).toMatch(/send the file again/)
  })

  it('leaves an import to the server that still works on it', async () => {
    const { importId } = await uploaded(csv(slap()))
    await portal.db.pool.query(`update device_import set state = 'applying' where import_id = $1`, [
      importId,
    ])
    await another().takeUp()
    expect(await read(importId)).toMatchObject({ state: 'applying' })
    await leaveIn('ready', importId)
  })
})
