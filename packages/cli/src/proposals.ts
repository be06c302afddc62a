import { REASONS } from '@sanad/protocol/domain/reasons'
import { OPTIONAL_KINDS } from '@sanad/protocol/domain/proposals'
import type { ConfirmedProposal, ProposalView } from '@sanad/protocol/operator-api/proposals'
import { INVITATION_PAGE } from '@sanad/protocol/operator-api/operators'
import { SanadError, isProblemCode } from '@sanad/protocol/text/problems'
import { facts, moment, print, table } from './terminal.ts'
import { type Said, type Verb, need, needOption, number, text } from './verb.ts'
import { choicesOf, needReason } from './choices.ts'

/** Operations that two people decide: docs/two-people.md. */

const idOf = (said: Said): string => need(said, 0, 'the id of a proposal')

async function listProposals(said: Said): Promise<void> {
  const state = said.options['all'] === true ? undefined : (['pending', 'confirmed'] as const)
  const query = {
    ...(state !== undefined && { state: [...state] }),
    limit: number(said, 'limit') ?? 50,
  }
  const { items } = await said.connection.call('listProposals', { query })
  print(said.terminal, items, () =>
    table(
      ['ID', 'OPERATION', 'ABOUT', 'DEVICES', 'STATE', 'PROPOSED BY', 'EXPIRES'],
      items.map((row) => [
        row.proposalId,
        row.operation,
        row.subject ?? '',
        String(row.devices),
        row.state,
        row.proposedBy.name,
        moment(row.expiresAt),
      ]),
    ),
  )
}

const read = (said: Said): Promise<ProposalView> =>
  said.connection.call('readProposal', { params: { proposalId: idOf(said) } })

function describeProposal(view: ProposalView): string {
  const { blastRadius: radius } = view
  return [
    facts([
      ['operation', view.operation],
      ['about', view.subject ?? '–'],
      ['state', view.state],
      ['proposed by', `${view.proposedBy.name}, ${moment(view.proposedAt)}`],
      ['confirmed by', view.confirmedBy?.name ?? '–'],
      ...endOf(view),
      ['devices', `${view.devices}, connected ${radius.connected}`],
      ['digest', view.digest],
    ]),
    ...radius.effects.map(
      ({ effect, devices, isAtLeast = false, when }) =>
        `${effect}${devices === null ? '' : `: ${isAtLeast ? 'at least ' : ''}${devices}`}, ${when}`,
    ),
    ...radius.changes.map(({ member, from, to }) => `${member}: ${from ?? '–'} → ${to ?? '–'}`),
    JSON.stringify(view.input, null, 2),
    ...(view.confirmRefusal === null ? [] : [refusalOf(view.confirmRefusal)]),
  ].join('\n')
}

/** In words, with the code to look up. */
const refusalOf = (code: string): string =>
  `You cannot confirm it: ${isProblemCode(code) ? `${new SanadError(code).title} (${code})` : code}`

type Facts = readonly (readonly [string, string])[]

/** What is next, or how it ended. */
function endOf(view: ProposalView): Facts {
  const { state, endedBy, endedAt, carryOutAt, supersededBy, failureCode } = view
  const glass = [view.glassReason, view.glassNote].filter((part) => part !== null).join(', ')
  return [
    ...(state === 'pending' ? [['expires', moment(view.expiresAt)] as const] : []),
    ...(state === 'confirmed' && carryOutAt !== null
      ? [['carried out from', moment(carryOutAt)] as const]
      : []),
    ...(endedAt === null
      ? []
      : [['ended', [moment(endedAt), endedBy?.name].filter(Boolean).join(', ')] as const]),
    ...(supersededBy === null ? [] : [['superseded by', supersededBy] as const]),
    ...(failureCode === null ? [] : [['failed', failureCode] as const]),
    ...(glass === '' ? [] : [['acted alone', glass] as const]),
  ]
}

async function showProposal(said: Said): Promise<void> {
  const view = await read(said)
  print(said.terminal, view, () => describeProposal(view))
}

/** Without the digest it shows the proposal: what is confirmed is what was read. */
async function confirm(said: Said): Promise<void> {
  const view = await read(said)
  const digest = text(said, 'digest')
  if (digest === undefined) {
    print(said.terminal, view, () =>
      [
        describeProposal(view),
        '',
        `Nothing was done. To confirm exactly this: add --digest ${view.digest}`,
      ].join('\n'),
    )
    return
  }
  const params = { proposalId: view.proposalId }
  const body = { digest, devices: number(said, 'devices') ?? view.devices }
  tellEnd(said, await said.connection.call('confirmProposal', { params, body }))
}

async function breakGlass(said: Said): Promise<void> {
  const view = await read(said)
  const note = text(said, 'note')
  const body = {
    digest: needOption(said, 'digest'),
    devices: view.devices,
    reason: needReason(said),
    ...(note !== undefined && { note }),
  }
  const params = { proposalId: view.proposalId }
  tellEnd(said, await said.connection.call('breakGlass', { params, body }))
}

function tellEnd({ connection, terminal }: Said, { proposal, invited }: ConfirmedProposal): void {
  const link = new URL(INVITATION_PAGE, connection.server)
  if (invited !== null) link.hash = invited.invitation.token
  print(terminal, { proposal, invited }, () =>
    [
      `${proposal.operation}: ${proposal.state}${proposal.failureCode === null ? '' : ` (${proposal.failureCode})`}`,
      ...(invited === null
        ? []
        : [`Link for ${invited.operator.name}, shown this once:`, link.href]),
    ].join('\n'),
  )
  if (proposal.state === 'failed') process.exitCode = 1
}

const end =
  (id: 'withdrawProposal' | 'declineProposal') =>
  async (said: Said): Promise<void> => {
    const view = await said.connection.call(id, { params: { proposalId: idOf(said) } })
    print(said.terminal, view, () => `${view.operation}: ${view.state}`)
  }

async function showRules(said: Said): Promise<void> {
  const rules = await said.connection.call('readTwoPersonRules')
  print(said.terminal, rules, () =>
    facts([
      ['two people decide', rules.kinds.join(', ') || 'nothing'],
      ['a proposal expires after', `${rules.validHours} hours`],
      ['carried out after', `${rules.delayMinutes} minutes`],
      ['officers', rules.officers],
    ]),
  )
}

async function setRules(said: Said): Promise<void> {
  const { kinds, validHours, delayMinutes } = await said.connection.call('readTwoPersonRules')
  const chosen = choicesOf(said, 'kind', OPTIONAL_KINDS) ?? kinds
  const body = {
    kinds: said.options['none'] === true ? [] : chosen,
    validHours: number(said, 'valid-hours') ?? validHours,
    delayMinutes: number(said, 'delay-minutes') ?? delayMinutes,
  }
  await said.connection.call('changeTwoPersonRules', { body })
}

const DIGEST = { digest: { type: 'string' } } as const

export const PROPOSAL_VERBS: readonly Verb[] = [
  {
    name: 'proposals list',
    usage: '[--all] [--limit <n>]',
    summary: 'operations that wait for a second person; with --all also those decided',
    options: { all: { type: 'boolean' }, limit: { type: 'string' } },
    run: listProposals,
  },
  {
    name: 'proposals show',
    usage: '<proposal>',
    summary: 'what was asked for, whom it touches, and its digest',
    run: showProposal,
  },
  {
    name: 'proposals confirm',
    usage: '<proposal> [--digest <sha256>] [--devices <n>]',
    summary: 'shows the proposal; with the digest that you read there, confirms exactly that',
    options: { ...DIGEST, devices: { type: 'string' } },
    run: confirm,
  },
  {
    name: 'proposals decline',
    usage: '<proposal>',
    summary: 'the proposal of another person is not carried out',
    run: end('declineProposal'),
  },
  {
    name: 'proposals withdraw',
    usage: '<proposal>',
    summary: 'takes your own proposal back',
    run: end('withdrawProposal'),
  },
  {
    name: 'proposals break-glass',
    usage: '<proposal> --digest <sha256> --reason <reason> [--note <words>]',
    summary: `carries your own proposal out alone, with an alarm, where nobody else can confirm; reasons: ${REASONS.join(', ')}`,
    options: { ...DIGEST, reason: { type: 'string' }, note: { type: 'string' } },
    run: breakGlass,
  },
  {
    name: 'two-person-rules show',
    usage: '',
    summary: 'which operations two people decide',
    run: showRules,
  },
  {
    name: 'two-person-rules set',
    usage: '[--kind <kind>… | --none] [--valid-hours <n>] [--delay-minutes <n>]',
    summary: `changes that, by two people; kinds: ${OPTIONAL_KINDS.join(', ')}`,
    options: {
      kind: { type: 'string', multiple: true },
      none: { type: 'boolean' },
      'valid-hours': { type: 'string' },
      'delay-minutes': { type: 'string' },
    },
    run: setRules,
  },
]
