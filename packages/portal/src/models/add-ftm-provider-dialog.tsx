import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { Field, TextArea } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { addFtmProvider } from './model-queries.ts'

/** Its chips count as genuine from then on. */
export function AddFtmProviderDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [certificatePem, setPem] = useState('')
  const isWhole = name.trim() !== '' && certificatePem.trim() !== ''
  return (
    <FormDialog
      title={t('models.ftm.add')}
      note={t('models.ftm.add-note')}
      submit={t('models.ftm.confirm')}
      failed={t('models.ftm.not-added')}
      input={isWhole ? { name: name.trim(), certificatePem } : undefined}
      send={addFtmProvider}
      told={t('models.ftm.added', { name })}
      stale={stale('listFtmProviders', 'readFtmRevocation')}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <TextField
            label={t('models.ftm.name')}
            value={name}
            maxLength={128}
            isMissing={isChecked && name.trim() === ''}
            onChange={setName}
          />
          <Field
            label={t('models.ftm.pem')}
            hint={t('models.ftm.pem-hint')}
            error={isChecked && certificatePem.trim() === '' ? t('ui.missing') : undefined}
          >
            {(control) => (
              <TextArea
                {...control}
                rows={8}
                className="font-mono text-12"
                value={certificatePem}
                onChange={(event) => setPem(event.target.value)}
              />
            )}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
