import { clsx } from 'clsx'
import { useTranslation } from 'react-i18next'
import { useLiveState } from '../api/live.ts'

const DOTS = {
  live: 'bg-good-mark',
  connecting: 'bg-unknown-mark animate-breathe',
  broken: 'bg-attention-mark',
} as const

/** Whether what is on the screen follows the server by itself. */
export function LiveMark() {
  const { t } = useTranslation()
  const state = useLiveState()
  return (
    <span
      title={t(`frame.live.${state}.explained`)}
      className="hidden items-center gap-2 px-2 text-12 text-muted sm:flex"
    >
      <span aria-hidden="true" className={clsx('size-2 rounded-full', DOTS[state])} />
      {t(`frame.live.${state}.word`)}
    </span>
  )
}
