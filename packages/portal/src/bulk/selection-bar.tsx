import type { BulkActName, DeviceSelection } from '@sanad/protocol/operator-api/bulk-acts'
import { mayDoInBulk } from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { Total } from '@sanad/protocol/text/fields'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isChosen, isWholePage, type Selecting } from './selecting.tsx'
import { useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { BulkActDialog } from './bulk-act-dialog.tsx'

/** In the order of how often they are needed; what ends the trust comes last. */
const ACTS_OF_BAR = [
  'assign-group',
  'rotate-key',
  'send-command',
  'suspend',
  'resume',
  'deregister',
  'block',
] as const satisfies readonly BulkActName[]

interface SelectionBarProps {
  readonly selecting: Selecting
  readonly filter: DeviceFilter
  readonly total: Total
}

/** What can be done with the chosen devices; it stays in sight while the list scrolls. */
export function SelectionBar({ selecting, filter, total }: SelectionBarProps) {
  const { t } = useTranslation()
  const [act, setAct] = useState<BulkActName | undefined>()
  const chosen = isChosen(selecting)
  return (
    <>
      <div role="status" className="sr-only">
        {chosen && <ChosenWords selecting={selecting} total={total} />}
      </div>
      {chosen && (
        <div
          role="group"
          aria-label={t('bulk.bar')}
          className="sticky top-12 z-10 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-t-lg border-b border-line bg-accent-soft px-4 py-2 text-13"
        >
          <span aria-hidden="true" className="font-medium">
            <ChosenWords selecting={selecting} total={total} />
          </span>
          <Button shape="quiet" className="max-sm:-me-3 max-sm:ms-auto" onClick={selecting.clear}>
            {t('bulk.clear')}
          </Button>
          <Every selecting={selecting} total={total} />
          <div className="ms-auto flex gap-1.5 max-sm:-mx-4 max-sm:w-[calc(100%+2rem)] max-sm:overflow-x-auto max-sm:px-4 max-sm:py-1 sm:flex-wrap">
            {ACTS_OF_BAR.map((name) => (
              <ActButton key={name} act={name} onClick={() => setAct(name)} />
            ))}
          </div>
        </div>
      )}
      {act !== undefined && (
        <BulkActDialog
          act={act}
          selection={selectionOf(selecting, filter)}
          onClose={() => setAct(undefined)}
        />
      )}
    </>
  )
}

const selectionOf = ({ ids, isEvery }: Selecting, filter: DeviceFilter): DeviceSelection =>
  isEvery ? { filter } : { deviceIds: [...ids] }

function ChosenWords({ selecting, total }: Omit<SelectionBarProps, 'filter'>) {
  const { t } = useTranslation()
  if (!selecting.isEvery) return t('bulk.chosen', { count: selecting.ids.size })
  return t(total.isExact ? 'bulk.every-chosen' : 'bulk.every-chosen-at-least', {
    count: total.count,
  })
}

/** Offered when the page is chosen, and there is more than the page. */
function Every({ selecting, total }: Omit<SelectionBarProps, 'filter'>) {
  const { t } = useTranslation()
  const isMore = !total.isExact || total.count > selecting.page.length
  if (selecting.isEvery || !isWholePage(selecting) || !isMore) return null
  return (
    <Button
      shape="quiet"
      className="text-accent max-sm:-mx-3 max-sm:w-full max-sm:justify-start"
      onClick={selecting.selectEvery}
    >
      {t(total.isExact ? 'bulk.select-every' : 'bulk.select-every-at-least', {
        count: total.count,
      })}
    </Button>
  )
}

function ActButton({ act, onClick }: { act: BulkActName; onClick: () => void }) {
  const { t } = useTranslation()
  const session = useSession()
  const role = session?.operator.role
  const refusal =
    role === undefined || mayDoInBulk(role, { act })
      ? undefined
      : t('session.refusal.role', { role: t(`session.role.${role}`) })
  const isEnd = act === 'deregister' || act === 'block'
  return (
    <Button shape={isEnd ? 'danger' : 'secondary'} refusal={refusal} onClick={onClick}>
      {t(`bulk.act.${act}.name`)}
    </Button>
  )
}
