import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { EventDays } from '../record/event-days.tsx'
import { Button } from '../ui/button.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { deviceTimelineQuery } from './device-queries.ts'

export function DeviceTimeline({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const timeline = useInfiniteQuery(deviceTimelineQuery(device.deviceId))
  const events = timeline.data?.pages.flatMap((page) => page.items)
  return (
    <Panel title={t('device.timeline.title')} flush>
      {timeline.isError && (
        <div className="p-4">
          <ProblemNote error={timeline.error} onRetry={() => void timeline.refetch()} />
        </div>
      )}
      {timeline.isPending && <SkeletonLines lines={8} label={t('ui.loading')} />}
      {events !== undefined && <EventDays events={events} hasMore={timeline.hasNextPage} />}
      {timeline.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button busy={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>
            {t('device.timeline.older')}
          </Button>
        </div>
      )}
    </Panel>
  )
}
