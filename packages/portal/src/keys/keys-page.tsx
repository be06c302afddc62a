import { RefreshCw } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay, usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'
import { ForecastPanel } from './forecast-panel.tsx'
import { OrderRotationDialog } from './order-rotation-dialog.tsx'
import { RevocationPanel } from './revocation-panel.tsx'
import { RotationOrders } from './rotation-orders.tsx'

/** The keys of the whole fleet: which are due, which will fail, what was ordered, what is revoked. */
export function KeysPage() {
  const { t } = useTranslation()
  const [isOrdering, setOrdering] = useState(false)
  const refusal = usePermissionRefusal('key:rotate')
  const mayReadLists = useMay('certificate:read')
  return (
    <Page
      name={t('keys.title')}
      note={t('keys.note')}
      actions={
        <Button
          shape="primary"
          refusal={refusal}
          icon={<RefreshCw aria-hidden="true" className="size-3.5" />}
          onClick={() => setOrdering(true)}
        >
          {t('keys.order.action')}
        </Button>
      }
    >
      <ForecastPanel />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <RotationOrders />
        {mayReadLists && <RevocationPanel />}
      </div>
      {isOrdering && <OrderRotationDialog onClose={() => setOrdering(false)} />}
    </Page>
  )
}
