import { Link } from '@tanstack/react-router'
import { ChevronRight, CircleCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { buttonClass } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Panel } from '../ui/panel.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'
import { useMay } from '../session/session.ts'
import type { Finding } from './findings.ts'

interface FindingListProps {
  readonly findings: readonly Finding[]
  readonly hasDevices: boolean
  readonly isWhole: boolean
}

/** What is not all right, worst first; every line leads to the list behind it. */
export function FindingList({ findings, hasDevices, isWhole }: FindingListProps) {
  const { t } = useTranslation()
  return (
    <Panel title={t('overview.findings.title')} flush>
      {findings.length > 0 ? (
        <ul className="py-1">
          {findings.map((finding) => (
            <FindingRow key={finding.name} finding={finding} />
          ))}
        </ul>
      ) : hasDevices && !isWhole ? (
        <SkeletonLines lines={3} label={t('ui.loading')} />
      ) : hasDevices ? (
        <Empty icon={<CircleCheck aria-hidden="true" />} title={t('overview.findings.none')}>
          {t('overview.findings.none-text')}
        </Empty>
      ) : (
        <Start />
      )}
    </Panel>
  )
}

function FindingRow({ finding }: { finding: Finding }) {
  const { t } = useTranslation()
  return (
    <li>
      <Link
        to={finding.to}
        // Each target validates its own search; a finding only names it.
        search={(finding.search ?? {}) as never}
        className="group flex min-h-11 items-center gap-3 px-4 py-1.5 text-13 transition-colors hover:bg-hover focus-visible:-outline-offset-2"
      >
        <HealthIcon health={finding.health} />
        <span className="min-w-0 flex-1">
          <span className="sr-only">{t(`ui.health.${finding.health}`)}: </span>
          {t(`overview.finding.${finding.name}.text`, { count: finding.count })}
        </span>
        <span className="shrink-0 text-muted group-hover:text-ink max-sm:hidden">
          {t(`overview.finding.${finding.name}.action`)}
        </span>
        <ChevronRight aria-hidden="true" className="size-4 shrink-0 text-faint rtl:-scale-x-100" />
      </Link>
    </li>
  )
}

/** A new installation: what to do, in order. */
function Start() {
  const { t } = useTranslation()
  const mayManage = useMay('model:manage')
  const steps = [
    { name: 'ftm', to: '/models' },
    { name: 'model', to: '/models' },
    { name: 'import', to: '/imports' },
    { name: 'plug', to: undefined },
  ] as const
  return (
    <ol className="p-4 text-13">
      {steps.map(({ name, to }, index) => (
        <li
          key={name}
          className="flex items-start gap-3 border-b border-line py-3 first:pt-0 last:border-0 last:pb-0"
        >
          <span className="tabular inline-flex size-6 shrink-0 items-center justify-center rounded-full bg-unknown-soft text-12 font-medium">
            {index + 1}
          </span>
          <div className="min-w-0 flex-1">
            <p className="font-medium">{t(`overview.start.${name}.title`)}</p>
            <p className="text-muted">{t(`overview.start.${name}.text`)}</p>
          </div>
          {to !== undefined && mayManage && (
            <Link to={to} className={buttonClass('secondary')}>
              {t(`overview.start.${name}.action`)}
            </Link>
          )}
        </li>
      ))}
    </ol>
  )
}
