import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { UsageError } from '@sanad/command-line/program'
import type { FtmProviderView } from '@sanad/protocol/operator-api/ftm-providers'
import {
  type FtmRevocationView,
  REVOCATION_POLICIES,
  type SetFtmRevocation,
} from '@sanad/protocol/operator-api/ftm-revocation'
import { print, table } from './terminal.ts'
import { type Said, type Verb, need, text } from './verb.ts'

/** FTM providers, and what they revoked. */

const listOf = async ({ connection }: Said): Promise<readonly FtmProviderView[]> =>
  (await connection.call('listFtmProviders')).items

/** By its id or its name. @throws UsageError */
async function findProvider(said: Said): Promise<FtmProviderView> {
  const name = need(said, 0, 'an FTM provider')
  const providers = await listOf(said)
  const found = providers.find((one) => one.ftmProviderId === name || one.name === name)
  if (found !== undefined) return found
  const known = providers.map((one) => `“${one.name}”`).join(', ')
  throw new UsageError(`No FTM provider “${name}”; known: ${known}`)
}

const paramsOf = ({ ftmProviderId }: FtmProviderView) => ({ ftmProviderId })

async function listProviders(said: Said): Promise<void> {
  const providers = await listOf(said)
  const views = await Promise.all(
    providers.map((one) => said.connection.call('readFtmRevocation', { params: paramsOf(one) })),
  )
  const all = providers.map((one, index) => ({ ...one, revocation: views[index] }))
  print(said.terminal, all, () =>
    table(
      ['PROVIDER', 'STATE', 'REVOCATION LIST', 'NEXT UPDATE', 'WITHOUT A LIST'],
      all.map(({ name, state, revocation }) => [
        name,
        state,
        revocation?.status ?? '–',
        revocation?.until ?? '–',
        revocation?.revocationPolicy ?? '–',
      ]),
    ),
  )
}

async function showOrSet(said: Said): Promise<void> {
  const provider = await findProvider(said)
  const params = paramsOf(provider)
  const current = await said.connection.call('readFtmRevocation', { params })
  const body = changeOf(said, current)
  const view =
    body === undefined ? current : await said.connection.call('setFtmRevocation', { params, body })
  print(said.terminal, view, () => describeRevocation(provider.name, view))
}

/** Undefined where nothing is to be changed. @throws UsageError */
function changeOf(said: Said, current: FtmRevocationView): SetFtmRevocation | undefined {
  const [asked, url] = [text(said, 'policy'), text(said, 'url')]
  const isByHand = said.options['no-url'] === true
  if (asked === undefined && url === undefined && !isByHand) return undefined
  const revocationPolicy = REVOCATION_POLICIES.find(
    (one) => one === (asked ?? current.revocationPolicy),
  )
  if (revocationPolicy === undefined)
    throw new UsageError(`--policy is one of ${REVOCATION_POLICIES.join(', ')}`)
  return { revocationPolicy, url: isByHand ? null : (url ?? current.url) }
}

function describeRevocation(name: string, view: FtmRevocationView): string {
  const { status, until, revocationPolicy, url, lists, issuersWithoutList, failure } = view
  return [
    `${name}: ${status}${until === null ? '' : `, next update ${until}`}; without a list: ${revocationPolicy}`,
    ...lists.map(
      (list) =>
        `  ${list.issuer}: number ${list.crlNumber}, ${list.revoked} revoked, ${list.source} ${list.takenAt}`,
    ),
    ...issuersWithoutList.map((issuer) => `  no list of ${issuer}`),
    ...(url === null ? [] : [`  fetched each hour from ${url}`]),
    ...(failure === null ? [] : [`  last failure ${failure.at}: ${failure.code}`]),
  ].join('\n')
}

async function importList(said: Said): Promise<void> {
  const provider = await findProvider(said)
  const file = await readFile(need(said, 1, 'a revocation list'))
  const view = await said.connection.call('importFtmRevocationList', {
    params: paramsOf(provider),
    body: { stream: Readable.from([file]), type: 'application/pkix-crl', bytes: file.length },
  })
  print(said.terminal, view, () => describeRevocation(provider.name, view))
}

export const FTM_PROVIDER_VERBS: readonly Verb[] = [
  {
    name: 'ftm-providers list',
    usage: '',
    summary: 'all FTM providers, and whether their revocation lists are current',
    run: listProviders,
  },
  {
    name: 'ftm-providers revocation',
    usage: '<provider> [--policy ignore|warn|refuse] [--url <address> | --no-url]',
    summary: 'show the revocation lists of an FTM provider, or set policy and address',
    options: {
      policy: { type: 'string' },
      url: { type: 'string' },
      'no-url': { type: 'boolean' },
    },
    run: showOrSet,
  },
  {
    name: 'ftm-providers import-list',
    usage: '<provider> <list.crl | list.pem>',
    summary: 'import a revocation list of an FTM provider, or of an authority below it',
    run: importList,
  },
]
