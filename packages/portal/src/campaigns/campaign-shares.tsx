import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { clsx } from 'clsx'

const PARTS = [
  ['succeeded', 'bg-good-mark'],
  ['failed', 'bg-bad-mark'],
  ['acknowledged', 'bg-accent'],
  ['sent', 'bg-unknown-mark'],
] as const

/** How it stands, as one bar; the line beneath says it in numbers. */
export function CampaignShares({ campaign: { counts, devices } }: { campaign: CampaignView }) {
  const figures = { ...counts, failed: counts.failed + counts.refused + counts.expired }
  return (
    <span aria-hidden="true" className="flex h-1.5 overflow-hidden rounded-full bg-unknown-soft">
      {PARTS.map(([name, colour]) => (
        <span
          key={name}
          className={clsx('block h-full', colour)}
          style={{ inlineSize: `${devices === 0 ? 0 : (figures[name] / devices) * 100}%` }}
        />
      ))}
    </span>
  )
}
