import type { WebhookView } from '@sanad/protocol/operator-api/webhooks'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { deleteWebhook } from './webhook-queries.ts'

interface DeleteWebhookDialogProps {
  readonly webhook: WebhookView
  readonly onClose: () => void
}

export function DeleteWebhookDialog({ webhook, onClose }: DeleteWebhookDialogProps) {
  const { t } = useTranslation()
  const { webhookId, name } = webhook
  return (
    <FormDialog
      title={t('webhooks.delete.title', { name })}
      note={t('webhooks.delete.effect')}
      submit={t('webhooks.delete.action')}
      shape="danger"
      failed={t('webhooks.delete.failed')}
      input={webhookId}
      send={deleteWebhook}
      told={t('webhooks.delete.done', { name })}
      stale={stale('listWebhooks')}
      onClose={onClose}
    />
  )
}
