import { Dialog } from '@base-ui/react/dialog'
import { useTranslation } from 'react-i18next'
import { Sections } from './rail.tsx'

/** The rail of a narrow screen: the same sections, over the page. */
export function NavigationSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-scrim transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup className="fixed inset-y-0 start-0 z-50 flex w-64 flex-col bg-sunken shadow-lift outline-none">
          <Dialog.Title className="sr-only">{t('frame.rail.name')}</Dialog.Title>
          <Sections isNarrow={false} onGo={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
