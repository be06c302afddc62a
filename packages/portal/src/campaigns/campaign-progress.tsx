import type { CampaignPhaseView, CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { sizeOfPhase } from '@sanad/protocol/operator-api/campaign-phases'
import { clsx } from 'clsx'
import { useTranslation } from 'react-i18next'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { PHASE_HEALTH } from './campaign-phases.tsx'
import { CampaignStateMark } from './campaign-state-mark.tsx'
import { sizeOf } from './campaign-words.ts'

/** How far each phase is: a bar for each, and the same in numbers beneath. */
export function CampaignProgress({ campaign }: { campaign: CampaignView }) {
  const { t } = useTranslation()
  const { counts, devices, filling, phases } = campaign
  return (
    <Panel
      title={t('campaigns.progress.title')}
      actions={<CampaignStateMark campaign={campaign} />}
    >
      <div className="flex flex-col gap-4 text-13">
        <p role="status" className="tabular">
          {filling === null
            ? t('campaigns.progress.devices', { count: devices })
            : t('commands.campaign.filling', { done: filling.done, count: filling.devices })}
          {' · '}
          {t('campaigns.progress.waiting', { count: counts.waiting + counts.queued })}
          {counts.skipped > 0 && ` · ${t('campaigns.progress.skipped', { count: counts.skipped })}`}
        </p>
        <Chart campaign={campaign} />
        <PhaseTable phases={phases} />
      </div>
    </Panel>
  )
}

const PARTS = [
  ['succeeded', 'bg-good-mark'],
  ['failed', 'bg-bad-mark'],
  ['lapsed', 'bg-attention-mark'],
  ['open', 'bg-accent'],
] as const

/** Each bar is as long as its phase will be: what is not told yet is the empty part of it. */
function Chart({ campaign }: { campaign: CampaignView }) {
  const { t } = useTranslation()
  const { phases } = campaign
  return (
    <figure className="flex flex-col gap-3">
      <figcaption className="flex flex-wrap gap-x-4 gap-y-1 text-12 text-muted">
        {PARTS.map(([name, colour]) => (
          <Key key={name} colour={colour}>
            {t(`campaigns.progress.${name}`)}
          </Key>
        ))}
        <Key colour="bg-unknown-soft">{t('campaigns.progress.not-told')}</Key>
      </figcaption>
      <div role="img" aria-label={t('campaigns.progress.chart')} className="flex flex-col gap-2">
        {phases.map((phase, index) => (
          // A phase is its place: phases never change.
          <div key={index} className="grid grid-cols-[5rem_1fr] items-center gap-3 text-12">
            <span className="text-muted">{t('commands.phase.number', { number: index + 1 })}</span>
            <Bar phase={phase} size={sizeOfOne(campaign, index)} />
          </div>
        ))}
      </div>
    </figure>
  )
}

/** Devices of this phase alone. */
function sizeOfOne({ phases, devices, filling }: CampaignView, index: number): number {
  const all = filling?.devices ?? devices
  const upTo = Math.min(all, sizeOfPhase(phases, index, all))
  const before = index === 0 ? 0 : Math.min(all, sizeOfPhase(phases, index - 1, all))
  return Math.max(phases[index]?.told ?? 0, upTo - before)
}

function Bar({ phase, size }: { phase: CampaignPhaseView; size: number }) {
  return (
    <span className="flex h-3 overflow-hidden rounded-xs bg-unknown-soft">
      {PARTS.map(([name, colour]) => (
        <span
          key={name}
          className={clsx('block h-full', colour)}
          style={{ inlineSize: `${size === 0 ? 0 : (phase[name] / size) * 100}%` }}
        />
      ))}
    </span>
  )
}

function Key({ colour, children }: { colour: string; children: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden="true" className={clsx('size-2 rounded-xs', colour)} />
      {children}
    </span>
  )
}

const NUMBERS = ['told', 'open', 'succeeded', 'failed', 'lapsed'] as const
const CELL = 'px-2 py-1.5 first:ps-0 last:pe-0'
const NARROW = { open: 'max-sm:hidden', lapsed: 'max-sm:hidden' } as const
const hiddenOf = (name: string): string | undefined =>
  name in NARROW ? NARROW[name as keyof typeof NARROW] : undefined

function PhaseTable({ phases }: { phases: readonly CampaignPhaseView[] }) {
  const { t } = useTranslation()
  return (
    <table
      aria-label={t('commands.phase.title')}
      className="tabular w-full border-collapse text-12"
    >
      <thead className="text-muted">
        <tr>
          <th scope="col" className={clsx(CELL, 'text-start font-medium')}>
            {t('campaigns.progress.phase')}
          </th>
          <th scope="col" className={clsx(CELL, 'text-start font-medium')}>
            {t('commands.column.state')}
          </th>
          {NUMBERS.map((name) => (
            <th
              key={name}
              scope="col"
              className={clsx(CELL, 'text-end font-medium', hiddenOf(name))}
            >
              {t(`campaigns.progress.${name}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {phases.map((phase, index) => (
          <PhaseRow key={index} phase={phase} index={index} />
        ))}
      </tbody>
    </table>
  )
}

function PhaseRow({ phase, index }: { phase: CampaignPhaseView; index: number }) {
  const { t } = useTranslation()
  return (
    <tr className="border-t border-line">
      <th scope="row" className={clsx(CELL, 'text-start font-medium')}>
        {t('commands.phase.number', { number: index + 1 })} · {sizeOf(t, phase)}
      </th>
      <td className={CELL}>
        <StateMark health={PHASE_HEALTH[phase.state]}>
          {t(`commands.phase.state.${phase.state}`)}
        </StateMark>
        {phase.soaksUntil !== null && (
          <span className="block text-muted">
            {t('commands.phase.until')} <Moment at={phase.soaksUntil} />
          </span>
        )}
      </td>
      {NUMBERS.map((name) => (
        <td key={name} className={clsx(CELL, 'text-end', hiddenOf(name))}>
          {t('keys.number', { count: phase[name] })}
        </td>
      ))}
    </tr>
  )
}
