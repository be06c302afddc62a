import type { ClockHealth } from '@sanad/protocol/operator-api/facts'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { LevelBar } from '../ui/level-bar.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { clockHealthQuery } from './facts-queries.ts'

type State = keyof ClockHealth['states']

const STATES: readonly (readonly [State, Health])[] = [
  ['trusted', 'good'],
  ['ageing', 'attention'],
  ['untrusted', 'bad'],
  ['unknown', 'unknown'],
]

/** Whether the fleet has the time: by what each device says of its own trusted clock. */
export function ClockPanel() {
  const { t } = useTranslation()
  const query = useQuery(clockHealthQuery)
  return (
    <Panel title={t('facts.clocks.title')} note={t('facts.clocks.note')}>
      {query.isPending && <SkeletonLines lines={4} label={t('ui.loading')} />}
      {query.isError && <ProblemNote error={query.error} />}
      {query.data !== undefined && <Clocks health={query.data} />}
    </Panel>
  )
}

function Clocks({ health: { states, uncertainty } }: { health: ClockHealth }) {
  const { t } = useTranslation()
  const all = Math.max(
    1,
    STATES.reduce((sum, [state]) => sum + states[state], 0),
  )
  return (
    <div className="flex flex-col gap-4 text-13">
      <ul className="flex flex-col gap-2.5">
        {STATES.map(([state, health]) => (
          <li key={state} className="grid grid-cols-[8rem_1fr_4rem] items-center gap-3">
            <StateMark health={health}>{t(`facts.clocks.${state}`)}</StateMark>
            <LevelBar share={states[state] / all} health={health} />
            <span className="tabular text-end">{t('keys.number', { count: states[state] })}</span>
          </li>
        ))}
      </ul>
      <p className="text-12 text-muted">
        {uncertainty
          .filter(({ devices }) => devices > 0)
          .map(({ upToMs, devices }) =>
            upToMs === null
              ? t('facts.clocks.beyond', { count: devices })
              : t('facts.clocks.within', { count: devices, bound: upToMs }),
          )
          .join(' · ')}
      </p>
    </div>
  )
}
