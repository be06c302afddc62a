import type {
  FtmRevocationView,
  SetFtmRevocation,
} from '@sanad/protocol/operator-api/ftm-revocation'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { sha256Of } from './fleet.ts'
import { type MockRoute, get, post } from './mock-route.ts'
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

export const FTM_REVOCATION_ROUTES: readonly MockRoute[] = [
  get('ftm-provider:read', /^\/ftm-providers\/([0-9a-f-]{36})\/revocation$/, ({ world }) =>
    viewOf(world),
  ),
  post('ftm-provider:manage', /^\/ftm-providers\/([0-9a-f-]{36})\/revocation$/, ({ world, body }) =>
    keep(world, { ...viewOf(world), ...(body as SetFtmRevocation) }),
  ),
  post('ftm-provider:manage', /^\/ftm-providers\/([0-9a-f-]{36})\/revocation-lists$/, ({ world }) =>
    keep(world, { ...viewOf(world), status: 'current', lists: [listOf('imported')] }),
  ),
]
