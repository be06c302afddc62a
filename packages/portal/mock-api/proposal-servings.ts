import type {
  ProposalSummary,
  ProposalView,
  Proposed,
  TwoPersonRulesView,
} from '@sanad/protocol/operator-api/proposals'
import { OPTIONAL_KINDS, proposalLife } from '@sanad/protocol/domain/proposals'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, sha256Of, uuidOf } from './fleet.ts'
import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

/** Operations that wait for a second person. */

const person = (name: string) => ({ operatorId: uuidOf(name), name })

type Told = Pick<ProposalView, 'kind' | 'operation' | 'state' | 'subject' | 'devices'> &
  Pick<ProposalView, 'blastRadius'> & { readonly body: object; readonly by: string }

function makeView(now: number, hours: number, told: Told): ProposalView {
  const { body, by, ...rest } = told
  const isOver = told.state === 'carried-out'
  return {
    ...rest,
    proposalId: uuidOf(`proposal ${hours}`),
    proposedBy: person(by),
    proposedAt: iso(now - hours * HOUR_MS),
    expiresAt: iso(now + (72 - hours) * HOUR_MS),
    confirmedBy: isOver ? person('Zeynep Kaya') : null,
    isGlassBroken: false,
    digest: sha256Of(`proposal ${hours}`),
    input: { params: {}, query: {}, body },
    confirmedAt: isOver ? iso(now - HOUR_MS) : null,
    carryOutAt: isOver ? iso(now - HOUR_MS) : null,
    endedAt: isOver ? iso(now - HOUR_MS) : null,
    endedBy: null,
    supersededBy: null,
    failureCode: null,
    glassReason: null,
    glassNote: null,
    confirmRefusal: isOver ? 'proposal.state-refused' : null,
    glassRefusal: 'proposal.not-your-own',
  }
}

function makeProposals(now: number): ProposalView[] {
  const counted = { countedAt: iso(now - HOUR_MS) }
  return [
    makeView(now, 1, {
      kind: 'bulk-end-of-trust',
      operation: 'orderBulkAct',
      state: 'pending',
      subject: 'block',
      devices: 1_204,
      by: 'Zeynep Kaya',
      body: { act: 'block', reason: 'stolen', selection: { filter: { search: 'FS442' } } },
      blastRadius: {
        ...counted,
        devices: 1_204,
        connected: 317,
        subject: 'block',
        effects: [
          { effect: 'devices-stop', devices: 1_199, when: 'while-worked-off' },
          { effect: 'devices-left', devices: 5, when: 'while-worked-off' },
        ],
        changes: [],
      },
    }),
    makeView(now, 4, {
      kind: 'key-life',
      operation: 'changePolicy',
      state: 'carried-out',
      subject: 'Standard',
      devices: 12_408,
      by: 'Aster Bekele',
      body: { version: 3, settings: { rotationDays: 14 } },
      blastRadius: {
        ...counted,
        devices: 12_408,
        connected: 9_820,
        subject: 'Standard',
        effects: [
          { effect: 'keys-change-life', devices: 12_408, when: 'next-check-in' },
          { effect: 'keys-due-at-once', devices: 640, when: 'next-check-in' },
        ],
        changes: [{ member: 'rotationDays', from: '30', to: '14' }],
      },
    }),
  ]
}

const RULES: TwoPersonRulesView = {
  kinds: [...OPTIONAL_KINDS],
  validHours: 72,
  delayMinutes: 0,
  officers: 2,
}

/** The rules always ask for two people. */
function proposeRules(world: World, body: object): Proposed {
  const made = makeView(Date.now(), 0, {
    kind: 'two-person-rules',
    operation: 'changeTwoPersonRules',
    state: 'pending',
    subject: null,
    devices: 0,
    by: 'Aster Bekele',
    body,
    blastRadius: {
      devices: 0,
      connected: 0,
      subject: null,
      effects: [{ effect: 'rules-change', devices: null, when: 'next-proposal' }],
      changes: [],
      countedAt: iso(Date.now()),
    },
  })
  proposalsOf(world).unshift({ ...made, confirmRefusal: 'proposal.own' })
  const { proposalId, kind, digest, expiresAt } = made
  return { proposalId, url: `/api/v1/proposals/${proposalId}`, kind, digest, expiresAt }
}

const byWorld = new WeakMap<World, ProposalView[]>()

function proposalsOf(world: World): ProposalView[] {
  const known = byWorld.get(world)
  if (known !== undefined) return known
  const made = world.operators.list.length === 0 ? [] : makeProposals(Date.now())
  byWorld.set(world, made)
  return made
}

function find(world: World, id: string): ProposalView {
  const found = proposalsOf(world).find(({ proposalId }) => proposalId === id)
  if (found === undefined) throw new SanadError('proposal.not-found')
  return found
}

/** As the server decides it: by the one table. @throws SanadError `proposal.state-refused` */
function decide(
  world: World,
  id: string,
  acts: readonly ('confirm' | 'carry-out' | 'withdraw' | 'decline')[],
): ProposalView {
  const found = find(world, id)
  const state = acts.reduce((now, act) => proposalLife.next(now, act), found.state)
  const changed = { ...found, state, endedAt: iso(Date.now()) }
  const all = proposalsOf(world)
  all[all.indexOf(found)] = changed
  return changed
}

/** A row of a list says less than the proposal itself. */
function summarise(proposal: ProposalView): ProposalSummary {
  return {
    proposalId: proposal.proposalId,
    kind: proposal.kind,
    operation: proposal.operation,
    state: proposal.state,
    subject: proposal.subject,
    devices: proposal.devices,
    proposedBy: proposal.proposedBy,
    proposedAt: proposal.proposedAt,
    expiresAt: proposal.expiresAt,
    confirmedBy: proposal.confirmedBy,
    isGlassBroken: proposal.isGlassBroken,
  }
}

export const PROPOSAL_SERVINGS = {
  listProposals: ({ world, query }) => {
    const { state: states } = query
    const rows = proposalsOf(world).filter(({ state }) => states?.includes(state) ?? true)
    return pageOf(rows.map(summarise), ({ proposalId }) => proposalId, query)
  },
  countProposals: ({ world }) => {
    const pending = proposalsOf(world).filter(({ state }) => state === 'pending').length
    return { pending, forYou: pending }
  },
  readProposal: ({ world, params }) => find(world, params.proposalId),
  confirmProposal: ({ world, params: { proposalId }, body: { digest } }) => {
    if (digest !== find(world, proposalId).digest) throw new SanadError('proposal.digest-mismatch')
    const confirmed = decide(world, proposalId, ['confirm', 'carry-out'])
    return { proposal: { ...confirmed, confirmedBy: person('Aster Bekele') }, invited: null }
  },
  breakGlass: () => {
    throw new SanadError('proposal.glass-refused')
  },
  declineProposal: ({ world, params }) => decide(world, params.proposalId, ['decline']),
  withdrawProposal: ({ world, params }) => decide(world, params.proposalId, ['withdraw']),
  readTwoPersonRules: () => RULES,
  changeTwoPersonRules: ({ world, body }) => proposeRules(world, body),
} satisfies MockServings
