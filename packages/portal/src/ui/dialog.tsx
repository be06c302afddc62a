import { Dialog as Base } from '@base-ui/react/dialog'
import { clsx } from 'clsx'
import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { iconButtonClass } from './icon-button.tsx'

interface DialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: ReactNode
  readonly note?: ReactNode
  readonly children: ReactNode
  readonly wide?: boolean
}

const backdropClass =
  'fixed inset-0 bg-scrim transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0'

/** A question that must be answered before going on. */
export function Dialog({ open, onClose, title, note, children, wide = false }: DialogProps) {
  const body = useRef<HTMLDivElement>(null)
  useFocusAfterwards()
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        {/* Also over a sheet that it was opened from. */}
        <Base.Backdrop forceRender className={clsx(backdropClass, 'z-50')} />
        <Base.Popup
          initialFocus={(opened) => opened === 'touch' || (firstControl(body.current) ?? true)}
          className={clsx(
            'fixed inset-x-4 top-[8vh] z-50 mx-auto flex max-h-[84vh] flex-col rounded-lg bg-raised shadow-lift outline-none',
            'transition-[opacity,translate] data-ending-style:opacity-0 data-starting-style:-translate-y-1 data-starting-style:opacity-0',
            wide ? 'max-w-2xl' : 'max-w-lg',
          )}
        >
          <Heading title={title} note={note} />
          <div ref={body} className="min-h-0 overflow-y-auto px-5 pb-5">
            {children}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** Long enough for the focus to go back to what opened the dialog, where that is still there. */
const FOCUS_RETURNS_MS = 100

/** The opener may be gone with what the dialog changed; the focus then goes to the page’s title, as on a new page. */
function useFocusAfterwards(): void {
  useEffect(
    () => () => {
      setTimeout(() => {
        if (document.activeElement !== document.body) return
        document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
      }, FOCUS_RETURNS_MS)
    },
    [],
  )
}

/** What one came to fill in, or the way back: the close button above it is first in the order, and is not meant. */
const firstControl = (body: HTMLElement | null): HTMLElement | null | undefined =>
  body?.querySelector<HTMLElement>('input, textarea, [role=combobox], button, a[href]')

/** Detail beside the page it belongs to, from the inline end. */
export function Sheet({ open, onClose, title, note, children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={clsx(backdropClass, 'z-40')} />
        <Base.Popup
          className={clsx(
            'fixed inset-y-0 end-0 z-50 flex w-full max-w-[580px] flex-col bg-raised shadow-lift outline-none',
            'transition-[opacity,translate] data-ending-style:opacity-0 data-starting-style:opacity-0',
            'data-starting-style:translate-x-2 rtl:data-starting-style:-translate-x-2',
          )}
        >
          <Heading title={title} note={note} />
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-6">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

function Heading({ title, note }: { title: ReactNode; note: ReactNode }) {
  const { t } = useTranslation()
  return (
    <header className="flex items-start gap-3 px-5 pt-4 pb-3">
      <div className="min-w-0 flex-1">
        <Base.Title className="text-16 font-semibold wrap-anywhere">{title}</Base.Title>
        {note !== undefined && (
          <Base.Description className="mt-0.5 text-13 text-muted">{note}</Base.Description>
        )}
      </div>
      <Base.Close aria-label={t('ui.close')} className={clsx(iconButtonClass, '-me-2 -mt-1')}>
        <X aria-hidden="true" className="size-4" />
      </Base.Close>
    </header>
  )
}
