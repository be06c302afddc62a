import type { FtmProviderView } from '@sanad/protocol/operator-api/ftm-providers'
import type { FtmRevocationView } from '@sanad/protocol/operator-api/ftm-revocation'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import { sha256Of, uuidOf } from './fleet.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

/** Revocation lists of FTM providers, for as long as the mock runs. */
const views = new WeakMap<World, FtmRevocationView>()

const day = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString()

const viewOf = (world: World): FtmRevocationView =>
  views.get(world) ?? {
    revocationPolicy: 'warn',
    status: 'current',
    until: day(6),
    issuersWithoutList: [],
    lists: [listOf('imported')],
    url: null,
    fetchedAt: null,
    failure: null,
  }

const listOf = (source: 'imported' | 'fetched'): FtmRevocationView['lists'][number] => ({
  issuer: 'CN=Example FTM Root, O=Example Secure Elements, C=ET',
  sha256: sha256Of('list'),
  crlNumber: '41',
  thisUpdate: day(-1),
  nextUpdate: day(6),
  revoked: 12,
  source,
  importedBy: source === 'imported' ? 'amina' : null,
  url: source === 'imported' ? null : 'https://ftm.example/chips.crl',
  takenAt: day(-1),
})

const keep = (world: World, view: FtmRevocationView): FtmRevocationView => {
  views.set(world, view)
  return view
}

export const FTM_SERVINGS = {
  listFtmProviders: ({ world }) => ({ items: world.ftmProviders }),
  addFtmProvider: ({ world, body: { name, certificatePem } }) => {
    if (!certificatePem.includes('-----BEGIN CERTIFICATE-----'))
      throw new SanadError('ftm-provider.certificate-invalid')
    const provider: FtmProviderView = {
      ftmProviderId: uuidOf(`ftm ${name}`),
      name,
      subject: `CN=${name}`,
      certificateSha256: sha256Of(certificatePem),
      certificatePem,
      notBefore: day(-300),
      notAfter: day(2400),
      state: 'trusted',
      addedAt: day(0),
      retiredAt: null,
    }
    world.ftmProviders.push(provider)
    return provider
  },
  retireFtmProvider: ({ world, params }) => {
    const at = world.ftmProviders.findIndex((each) => each.ftmProviderId === params.ftmProviderId)
    const provider = world.ftmProviders[at]
    if (provider === undefined) throw new SanadError('ftm-provider.not-found')
    const retired: FtmProviderView = { ...provider, state: 'retired', retiredAt: day(0) }
    world.ftmProviders.splice(at, 1, retired)
    return retired
  },
  readFtmRevocation: ({ world }) => viewOf(world),
  setFtmRevocation: ({ world, body }) => keep(world, { ...viewOf(world), ...body }),
  importFtmRevocationList: ({ world }) =>
    keep(world, { ...viewOf(world), status: 'current', lists: [listOf('imported')] }),
} satisfies MockServings
